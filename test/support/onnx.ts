import { create, toBinary } from "@bufbuild/protobuf";
import type { ValueType } from "../../src/graph/index.js";
import { Emitter } from "../../src/onnx/emitter.js";
import { valueInfo } from "../../src/onnx/encode.js";
import { ModelProtoSchema } from "../../src/onnx/generated/onnx_pb.js";

type Types = Readonly<Record<string, ValueType>>;

/** An ONNX file of hand-chosen nodes: `nodes` gives each output the name of what it is. */
export function onnxFile(inputs: Types, outputs: Types, nodes: (emit: Emitter) => Readonly<Record<string, string>>) {
  const emitter = new Emitter({}, [...Object.keys(inputs), ...Object.keys(outputs)], new Set(), false);
  emitter.open("", "node");
  for (const [name, from] of Object.entries(nodes(emitter))) emitter.output(from, name);
  const infos = (types: Types) => Object.entries(types).map(([name, type]) => valueInfo(name, type));
  const node = emitter.protos();
  const graph = { name: "trap", node, initializer: emitter.initializers, input: infos(inputs), output: infos(outputs) };
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 10n, opsetImport: [{ version: 21n }], graph }),
  );
}
