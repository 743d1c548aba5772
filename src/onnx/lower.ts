import { create, toBinary } from "@bufbuild/protobuf";
import { EngineError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { type Graph, nodesOf, type Value, type ValueType } from "../graph/index.js";
import { Emitter } from "./emitter.js";
import { tensorProto, valueInfo } from "./encode.js";
import { ModelProtoSchema } from "./generated/onnx_pb.js";
import { lowerNodes, neededBy } from "./lowerNodes.js";

/** A graph as an ONNX file, with what an engine must know to feed it. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, ValueType>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  /** What the names in the file stand for, those between the nodes of one op's lowering aside. */
  readonly values: ReadonlyMap<string, LoweredValue>;
}

/** A value, and the names of what its node was made from. */
export interface LoweredValue {
  readonly value: Value;
  readonly inputs: readonly string[];
}

export interface LowerOptions {
  /** Inputs whose numbers become part of the file, by input name: weights, in a file for inference. */
  readonly weights?: Readonly<Record<string, Tensor>>;
  /** Text kept in the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Whether ONNX's own recurrent operators stand for loops where nobody looks inside: faster without gradients, the last
   * bits aside the same. Defaults to false.
   */
  readonly operators?: boolean;
}

/** The version of the ONNX operators that ops are lowered to. */
const OPSET = 21n;
const IR_VERSION = 10n;

/** Lowers a graph to ONNX: each node by its op's own rule, in topological order. */
export function lower(graph: Graph, { weights = {}, metadata = {}, operators = false }: LowerOptions = {}): OnnxModel {
  checkNames(graph);
  const inputs = Object.fromEntries(Object.entries(graph.inputs).filter(([name]) => weights[name] === undefined));
  const results = Object.values(graph.outputs);
  const nodes = nodesOf(results);
  const reserved = [...Object.keys(graph.inputs), ...Object.keys(graph.outputs)];
  const emitter = new Emitter(inputs, reserved, neededBy(nodes, results), operators);
  const names = new Map<Value, string>(Object.entries(graph.inputs).map(([name, value]) => [value, name]));
  const nameOf = (value: Value): string => names.get(value) as string;

  lowerNodes(emitter, nodes, names);
  for (const [name, value] of Object.entries(graph.outputs)) emitter.output(nameOf(value), name);
  const values = new Map<string, LoweredValue>();
  // What an op has left out, as nobody uses it, has no name.
  for (const [value, name] of names)
    if (name !== "")
      values.set(emitter.finalName(name), {
        value,
        inputs: value.node.inputs.map((x) => emitter.finalName(nameOf(x))),
      });

  const node = emitter.protos();
  const baked = Object.entries(weights)
    .filter(([name]) => graph.inputs[name] !== undefined)
    .map(([name, { data, dtype, shape }]) => tensorProto(name, data, dtype, shape));
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "midst",
    opsetImport: [{ version: OPSET }, ...emitter.extraDomains().map((domain) => ({ domain, version: 1n }))],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: "midst",
      node,
      initializer: [...emitter.initializers, ...baked],
      input: Object.entries(inputs).map(([name, value]) => valueInfo(name, value)),
      output: Object.entries(graph.outputs).map(([name, value]) => valueInfo(name, value)),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs: typesOf(inputs), outputs: typesOf(graph.outputs), values };
}

/** In a file, a name stands for one value. */
function checkNames({ inputs, outputs }: Graph): void {
  const twice = Object.keys(outputs).find((name) => inputs[name] !== undefined);
  if (twice !== undefined)
    throw new EngineError(`"${twice}" names an input and an output. Give the output another name.`, { place: twice });
}

const typesOf = (values: Readonly<Record<string, Value>>): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(values).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
