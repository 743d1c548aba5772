import { create } from "@bufbuild/protobuf";
import type { OnnxAttr, OnnxAttrs } from "../graph/index.js";
import { attribute, tensorProto } from "../onnx/encode.js";
import { type AttributeProto, type NodeProto, NodeProtoSchema, type TensorProto } from "../onnx/generated/onnx_pb.js";

/** The domain of ORT's ops in its blocked layout. */
export const NCHWC = "com.microsoft.nchwc";

interface Extras {
  readonly domain?: string;
  /** The result's name; a new one where it is not given. */
  readonly output?: string | undefined;
  /** Attributes as they are in another node. */
  readonly protos?: readonly AttributeProto[];
}

/** Nodes and constants being written; equal nodes are kept once. */
export class BlockedWriter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  /** In front of new names: what is being rewritten. */
  place = "";
  private readonly known = new Map<string, string>();
  /** What was reshaped, by the name of the result. */
  private readonly reshaped = new Map<string, string>();
  private count = 0;

  add(opType: string, input: readonly string[], attrs: OnnxAttrs = {}, extras: Extras = {}): string {
    const { domain = "", protos = [] } = extras;
    const key = JSON.stringify([opType, input, attrs, protos], (_, v) => (typeof v === "bigint" ? String(v) : v));
    const twin = extras.output === undefined ? this.known.get(key) : undefined;
    if (twin !== undefined) return twin;
    const output = extras.output ?? this.name(opType);
    const given = Object.entries(attrs).filter((entry): entry is [string, OnnxAttr] => entry[1] !== undefined);
    const list = [...given.map(([name, attr]) => attribute(name, attr)), ...protos];
    this.nodes.push(
      create(NodeProtoSchema, { name: output, opType, domain, input: [...input], output: [output], attribute: list }),
    );
    this.known.set(key, output);
    return output;
  }

  constant(data: ArrayLike<number>, dtype: "float32" | "int64", shape: readonly number[] = [data.length]): string {
    const key = JSON.stringify([dtype, shape, Array.from(data)]);
    const name = this.known.get(key) ?? this.name("constant");
    if (!this.known.has(key)) this.initializers.push(tensorProto(name, data, dtype, shape));
    this.known.set(key, name);
    return name;
  }

  /** What `make` gives, made the first time that this is asked for. */
  once(what: string, make: () => string): string {
    const name = this.known.get(what) ?? make();
    this.known.set(what, name);
    return name;
  }

  /** One length may be -1, none 0. A reshape of what was reshaped is one of what that was made from. */
  reshape(x: string, shape: readonly number[], output?: string): string {
    const input = [this.reshaped.get(x) ?? x, this.constant(shape, "int64")] as const;
    const result = this.add("Reshape", input, {}, { output });
    this.reshaped.set(result, input[0]);
    return result;
  }

  /** Equal parts of the first axis. */
  parts(x: string, count: number): string[] {
    const first = this.add("Split", [x], { axis: 0, num_outputs: count });
    const node = this.nodes.at(-1) as NodeProto;
    for (let i = 1; i < count; i++) node.output.push(`${first}:${i}`);
    return node.output;
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.add("Transpose", [x], { perm });
  }

  private name(what: string): string {
    return `${this.place}/blocked:${what}:${this.count++}`;
  }
}

export const intsOf = (node: NodeProto, name: string): number[] | undefined =>
  node.attribute.find((attr) => attr.name === name)?.ints.map(Number);

export const intOf = (node: NodeProto, name: string): number | undefined => {
  const found = node.attribute.find((attr) => attr.name === name);
  return found && Number(found.i);
};

export const floatOf = (node: NodeProto, name: string): number | undefined =>
  node.attribute.find((attr) => attr.name === name)?.f;
