import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, type NodeProto } from "../../src/onnx/generated/onnx_pb.js";

export const decodeModel = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);

/** The nodes of an ONNX file, in order. */
export const nodesIn = (bytes: Uint8Array): readonly NodeProto[] => decodeModel(bytes).graph?.node ?? [];
