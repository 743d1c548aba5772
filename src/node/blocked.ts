import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { OnnxAttrs } from "../graph/index.js";
import { attribute, tensorProto, valueInfo } from "../onnx/encode.js";
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
} from "../onnx/generated/onnx_pb.js";
import type { Ort } from "../runtime/index.js";

const DOMAIN = "com.microsoft.nchwc";

/**
 * Convolutions in the blocked layout of ORT's CPU kernels (NCHWc, a block of channels innermost), which are faster.
 * ORT itself goes over to it only where filters are constant, that is, in inference; this does it for training, with
 * the filters re-blocked in the graph. Only `Conv` of one group whose channels fill whole blocks is changed, together
 * with a `Relu` that is its only user.
 * @param bytes an ONNX model
 * @param block channels in a block, see `channelBlock`
 */
export function blockChannels(bytes: Uint8Array, block: number): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (graph === undefined) return bytes;
  const pass = new BlockedPass(graph, block);
  for (const node of graph.node) pass.visit(node);
  if (!pass.changed) return bytes;
  graph.node = pass.nodes;
  graph.initializer.push(...pass.initializers);
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: DOMAIN, version: 1n }));
  return toBinary(ModelProtoSchema, model);
}

/** How many channels ORT's kernels keep together on this processor (16 or 8); undefined where they have no blocked layout. */
export async function channelBlock(ort: Ort): Promise<number | undefined> {
  const shape = [1, PROBED, 1, 2];
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ version: 21n }, { domain: DOMAIN, version: 1n }],
    graph: {
      name: "probe",
      node: [create(NodeProtoSchema, { opType: "ReorderInput", domain: DOMAIN, input: ["x"], output: ["y"] })],
      input: [valueInfo("x", { dtype: "float32", shape })],
      output: [valueInfo("y", { dtype: "float32", shape })],
    },
  });
  try {
    const session = await ort.InferenceSession.create(toBinary(ModelProtoSchema, model), { logSeverityLevel: 4 });
    // Position 1 of channel 0 comes right after position 0 of the channels of the first block.
    const x = Float32Array.from({ length: 2 * PROBED }, (_, i) => i);
    const y = (await session.run({ x: new ort.Tensor("float32", x, shape) })).y?.data as Float32Array | undefined;
    await session.release();
    const block = y?.indexOf(1) ?? 0;
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}

/** More channels than any block has. */
const PROBED = 64;

class BlockedPass {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  changed = false;
  private readonly users = new Map<string, NodeProto[]>();
  private readonly producers = new Map<string, NodeProto>();
  private readonly results: ReadonlySet<string>;
  /** The blocked form of a value that has one. */
  private readonly blocked = new Map<string, string>();
  private readonly done = new Set<NodeProto>();

  constructor(
    private readonly graph: GraphProto,
    private readonly block: number,
  ) {
    for (const node of graph.node) {
      for (const name of node.input) this.users.set(name, [...(this.users.get(name) ?? []), node]);
      for (const name of node.output) this.producers.set(name, node);
    }
    this.results = new Set(graph.output.map(({ name }) => name));
  }

  visit(node: NodeProto): void {
    if (this.done.has(node)) return;
    const shape = this.filterOf(node);
    if (shape === undefined) this.nodes.push(node);
    else this.convolve(node, shape);
  }

  /** The filter's shape [O, C, height, width], if the node is a convolution to be changed. */
  private filterOf(node: NodeProto): number[] | undefined {
    if (node.opType !== "Conv" || node.domain !== "") return undefined;
    if (node.attribute.some(({ name, i }) => name === "group" && i !== 1n)) return undefined;
    const shape = this.shapeOf(node.input[1] as string);
    const fits = shape?.length === 4 && shape.slice(0, 2).every((n) => n % this.block === 0);
    return fits ? shape : undefined;
  }

  /** The shape of an input of the graph, or of what a Reshape to a constant shape makes. */
  private shapeOf(name: string): number[] | undefined {
    const type = this.graph.input.find((input) => input.name === name)?.type?.value;
    if (type?.case === "tensorType")
      return type.value.shape?.dim.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : 0));
    const producer = this.producers.get(name);
    if (producer?.opType !== "Reshape") return undefined;
    const bytes = this.graph.initializer.find((constant) => constant.name === producer.input[1])?.rawData;
    return bytes && Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  }

  private convolve(node: NodeProto, shape: number[]): void {
    this.changed = true;
    const [x, w, ...bias] = node.input as [string, string, ...string[]];
    const place = node.name;
    const relu = this.onlyRelu(node.output[0] as string);
    if (relu !== undefined) this.done.add(relu);
    const result = (relu ?? node).output[0] as string;
    const filter = this.blockFilter(w, shape, place);
    const y = this.add(
      "Conv",
      [this.blockInput(x), filter, ...bias],
      `${place}/blocked`,
      relu === undefined ? {} : { activation: "Relu" },
      DOMAIN,
    );
    (this.nodes.at(-1) as NodeProto).attribute.push(...node.attribute);
    this.add("ReorderOutput", [y], result, { channels: shape[0] as number }, DOMAIN);
    this.blocked.set(result, y);
  }

  private blockInput(x: string): string {
    let name = this.blocked.get(x);
    if (name === undefined) {
      name = this.add("ReorderInput", [x], `${x}/blocked`, {}, DOMAIN);
      this.blocked.set(x, name);
    }
    return name;
  }

  /**
   * `[O, C, height, width]` as the kernels want it: `[O/b, C/b, height, width, b of C, b of O]`. Two steps that move
   * whole rows are four times faster than one that moves single numbers.
   */
  private blockFilter(w: string, shape: readonly number[], place: string): string {
    const [outputs, channels, ...kernel] = shape as [number, number, ...number[]];
    const b = this.block;
    const taps = kernel.reduce((n, length) => n * length, 1);
    const rows = this.reshape(w, [outputs / b, b, channels * taps], `${place}/filter`);
    const inner = this.add("Transpose", [rows], `${place}/filter-inner`, { perm: [0, 2, 1] });
    const blocks = this.reshape(inner, [(outputs / b) * (channels / b), b, taps, b], `${place}/filter-blocks`);
    const ordered = this.add("Transpose", [blocks], `${place}/filter-ordered`, { perm: [0, 2, 1, 3] });
    return this.reshape(ordered, shape, `${place}/filter-blocked`);
  }

  /** The Relu that alone uses a value. */
  private onlyRelu(name: string): NodeProto | undefined {
    const [user, ...others] = this.users.get(name) ?? [];
    return user?.opType === "Relu" && others.length === 0 && !this.results.has(name) ? user : undefined;
  }

  private reshape(x: string, shape: readonly number[], name: string): string {
    this.initializers.push(tensorProto(`${name}/shape`, shape, "int64", [shape.length]));
    return this.add("Reshape", [x, `${name}/shape`], name, {});
  }

  private add(opType: string, input: string[], output: string, attrs: OnnxAttrs, domain = ""): string {
    const list = Object.entries(attrs).flatMap(([name, attr]) => (attr === undefined ? [] : [attribute(name, attr)]));
    this.nodes.push(
      create(NodeProtoSchema, { name: output, opType, domain, input, output: [output], attribute: list }),
    );
    return output;
  }
}
