import { create } from "@bufbuild/protobuf";
import { EngineError } from "../base/errors.js";
import { type Dim, parseDim, type Shape } from "../base/shape.js";
import {
  type Body,
  type Emit,
  nodesOf,
  type OnnxAttr,
  type OnnxAttrs,
  type OnnxDType,
  type Value,
} from "../graph/index.js";
import { EmittedGraph } from "./emittedGraph.js";
import { attribute, tensorProto, valueInfo } from "./encode.js";
import { type NodeProto, NodeProtoSchema, type TensorProto } from "./generated/onnx_pb.js";
import { lowerNodes, neededBy } from "./lowerNodes.js";

interface EmittedNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly attrs: OnnxAttrs;
  readonly outputs: readonly string[];
  readonly name: string;
}

/** Collects ONNX nodes and constants; equal nodes and equal constants are kept once. */
export class Emitter implements Emit {
  readonly initializers: TensorProto[] = [];
  private readonly emitted: EmittedNode[] = [];
  private readonly known = new Map<string, readonly string[]>();
  private readonly taken = new Set<string>();
  /** The last number given to a name, so that naming thousands of like nodes stays linear. */
  private readonly counts = new Map<string, number>();
  private readonly produced = new Set<string>();
  /** Of a loop's body: what may differ from turn to turn. */
  private readonly turning = new Set<string>();
  private readonly results = new Set<string>();
  private readonly renamed = new Map<string, string>();
  private readonly domains = new Set<string>();
  private prefix = "";

  /**
   * @param inputs the graph's inputs, from which symbolic lengths are read
   * @param reserved names that no node may take
   * @param wanted what anything in the graph needs
   * @param operators whether ONNX's operators for whole loops are used where they can be
   * @param outer of a graph within a node: the graph around it, whose values it may use
   */
  constructor(
    private readonly inputs: Readonly<Record<string, Value>>,
    reserved: Iterable<string>,
    private readonly wanted: ReadonlySet<Value>,
    readonly operators: boolean,
    private readonly outer?: Emitter,
  ) {
    for (const name of reserved) this.taken.add(name);
  }

  fixed(name: string): boolean {
    return this.outer !== undefined && name !== "" && !this.turning.has(name);
  }

  used(value: Value): boolean {
    return this.wanted.has(value);
  }

  body({ inputs, outputs }: Body, outside: ReadonlyMap<Value, string>): EmittedGraph {
    const nodes = nodesOf(outputs, [...inputs, ...outside.keys()]);
    const inner = new Emitter(this.inputs, [], neededBy(nodes, outputs), this.operators, this);
    const name = this.unique(`${this.prefix}/body`);
    const own = inputs.map((_, i) => this.unique(`${name}/in${i}`));
    for (const given of own) inner.turning.add(given);
    const names = new Map(outside);
    inputs.forEach((value, i) => void names.set(value, own[i] as string));
    lowerNodes(inner, nodes, names);
    const results = outputs.map((value) => inner.result(names.get(value) as string));
    const infos = (values: readonly Value[], as: readonly string[]) =>
      values.map((value, i) => valueInfo(as[i] as string, value));
    return new EmittedGraph(name, infos(inputs, own), infos(outputs, results), () => inner.protos());
  }

  /** The name of one more result of a graph within a node: each has its own, and is made inside. */
  private result(name: string): string {
    const own = this.produced.has(name) && !this.results.has(name);
    const result = own ? name : this.unique(`${name}/out`);
    if (!own) this.emitted.push({ type: "Identity", inputs: [name], attrs: {}, outputs: [result], name: result });
    this.results.add(result);
    return result;
  }

  /** Nodes emitted from now on are named after this op in this layer. */
  open(scope: string, op: string): void {
    this.prefix = scope === "" ? op : `${scope}/${op}`;
  }

  node(type: string, inputs: readonly string[], attrs: OnnxAttrs = {}): string {
    return this.nodes(type, inputs, attrs, 1)[0] as string;
  }

  nodes(type: string, inputs: readonly string[], attrs: OnnxAttrs, outputs: number): string[] {
    // What is the same in every turn of a loop is worked out once, outside; a graph within may use what turns.
    const same = inputs.every((input) => input === "" || this.fixed(input)) && !Object.values(attrs).some(hasBody);
    if (this.outer !== undefined && same) {
      const { prefix } = this.outer;
      this.outer.prefix = this.prefix;
      const made = this.outer.nodes(type, inputs, attrs, outputs);
      this.outer.prefix = prefix;
      return made;
    }
    const key = JSON.stringify([type, inputs, attrs, outputs], exact);
    const twin = this.twin(key);
    if (twin !== undefined) return [...twin];
    const name = this.unique(this.prefix);
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : this.unique(`${name}:${i}`)));
    this.emitted.push({ type, inputs, attrs, outputs: names, name });
    for (const output of names) {
      this.produced.add(output);
      this.turning.add(output);
    }
    this.known.set(key, names);
    return [...names];
  }

  /** What was emitted so before, here or around. */
  private twin(key: string): readonly string[] | undefined {
    return this.known.get(key) ?? this.outer?.twin(key);
  }

  constant(data: ArrayLike<number>, dtype: OnnxDType, shape: readonly number[] = [data.length]): string {
    if (this.outer !== undefined) return this.outer.constant(data, dtype, shape);
    const key = data.length <= 64 ? `${dtype}[${shape}]:${JSON.stringify(Array.from(data), exact)}` : undefined;
    const twin = key === undefined ? undefined : this.known.get(key)?.[0];
    if (twin !== undefined) return twin;
    const name = this.unique("constant");
    this.initializers.push(tensorProto(name, data, dtype, shape));
    if (key !== undefined) this.known.set(key, [name]);
    return name;
  }

  shape(shape: Shape): string {
    // Lengths are the same in every turn of a loop: worked out once, outside.
    if (this.outer !== undefined) return this.outer.shape(shape);
    if (shape.every((d) => typeof d === "number")) return this.constant(shape, "int64");
    const parts = shape.map((d) => (typeof d === "number" ? this.constant([d], "int64") : this.length(d)));
    return parts.length === 1 ? (parts[0] as string) : this.node("Concat", parts, { axis: 0 });
  }

  size(dim: Dim): string {
    if (this.outer !== undefined) return this.outer.size(dim);
    const vector = this.node("Cast", [this.shape([dim])], { to: 1 });
    return this.node("Reshape", [vector, this.constant([], "int64")]);
  }

  /** An int64 vector of one: a symbolic length, read from the first input that has it. */
  private length(dim: string): string {
    const { factor, symbol } = parseDim(dim);
    for (const [name, value] of Object.entries(this.inputs)) {
      const axis = value.shape.findIndex((d) => parseDim(d).symbol === symbol);
      if (axis < 0) continue;
      const there = parseDim(value.shape[axis] as Dim).factor;
      const length = this.node("Shape", [name], { start: axis, end: axis + 1 });
      if (there === factor) return length;
      const one = there === 1 ? length : this.node("Div", [length, this.constant([there], "int64")]);
      return factor === 1 ? one : this.node("Mul", [one, this.constant([factor], "int64")]);
    }
    throw new EngineError(`no input has the symbolic length "${symbol}", so ${dim} cannot be known.`, {
      place: this.prefix,
    });
  }

  /** Makes the value emitted as `from` a graph output called `to`. */
  output(from: string, to: string): void {
    if (this.produced.has(from) && !this.renamed.has(from)) {
      this.renamed.set(from, to);
      return;
    }
    this.emitted.push({
      type: "Identity",
      inputs: [from],
      attrs: {},
      outputs: [to],
      name: this.unique(`output/${to}`),
    });
  }

  /** A name as it will be in the file. */
  finalName(name: string): string {
    return this.renamed.get(name) ?? this.outer?.finalName(name) ?? name;
  }

  protos(): NodeProto[] {
    const final = (name: string) => this.finalName(name);
    return this.emitted.map(({ type, inputs, outputs, attrs, name }) => {
      const dot = type.lastIndexOf(".");
      if (dot > 0) this.addDomain(type.slice(0, dot));
      return create(NodeProtoSchema, {
        name,
        opType: type.slice(dot + 1),
        domain: type.slice(0, Math.max(dot, 0)),
        input: inputs.map(final),
        output: outputs.map(final),
        attribute: Object.entries(attrs)
          .filter((entry): entry is [string, OnnxAttr] => entry[1] !== undefined)
          .map(([key, value]) => attribute(key, value)),
      });
    });
  }

  /** Operator domains used besides ONNX's own. */
  extraDomains(): string[] {
    return [...this.domains];
  }

  private addDomain(name: string): void {
    if (this.outer === undefined) this.domains.add(name);
    else this.outer.addDomain(name);
  }

  private unique(base: string): string {
    if (this.outer !== undefined) return this.outer.unique(base);
    let count = this.counts.get(base) ?? 1;
    let name = count === 1 ? base : `${base}_${count}`;
    while (this.taken.has(name)) name = `${base}_${++count}`;
    this.counts.set(base, count);
    this.taken.add(name);
    return name;
  }
}

const hasBody = (attr: OnnxAttr | undefined): boolean => typeof attr === "object" && "body" in attr;

/** For JSON, which knows neither -0 nor NaN nor Infinity: things are shared only when equal to the bit. */
function exact(_: string, value: unknown): unknown {
  if (Object.is(value, -0)) return "-0";
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
