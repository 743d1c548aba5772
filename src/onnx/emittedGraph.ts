import { create } from "@bufbuild/protobuf";
import type { EmittedBody } from "../graph/index.js";
import { type GraphProto, GraphProtoSchema, type NodeProto, type ValueInfoProto } from "./generated/onnx_pb.js";

/** A graph within a node. Its nodes are asked for last, when all names are known. */
export class EmittedGraph implements EmittedBody {
  constructor(
    readonly name: string,
    private readonly input: ValueInfoProto[],
    private readonly output: ValueInfoProto[],
    private readonly nodes: () => NodeProto[],
  ) {}

  proto(): GraphProto {
    const { name, input, output } = this;
    return create(GraphProtoSchema, { name, node: this.nodes(), input, output });
  }

  /** Its name tells it from every other. */
  toJSON(): string {
    return this.name;
  }
}
