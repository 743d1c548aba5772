import { create } from "@bufbuild/protobuf";
import { allocate, type DType } from "../base/dtype.js";
import type { Dim } from "../base/shape.js";
import type { OnnxAttr, OnnxDType, ValueType } from "../graph/index.js";
import type { EmittedGraph } from "./emittedGraph.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.js";

/** TensorProto.DataType. */
const dataTypes: Readonly<Record<OnnxDType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

export function attribute(name: string, value: OnnxAttr): AttributeProto {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: ascii(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ("floats" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
  if ("strings" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.STRINGS, strings: value.strings.map(ascii) });
  if ("body" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: (value.body as EmittedGraph).proto() });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

/** ONNX's string attributes are words of its own, all of them ASCII. */
const ascii = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (c) => c.charCodeAt(0));

export function tensorProto(
  name: string,
  data: ArrayLike<number>,
  dtype: OnnxDType,
  shape: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[dtype],
    rawData: rawBytes(data, dtype),
  });
}

function rawBytes(data: ArrayLike<number>, dtype: OnnxDType): Uint8Array<ArrayBuffer> {
  if (dtype === "int64") return new Uint8Array(BigInt64Array.from(Array.from(data, BigInt)).buffer);
  const typed = allocate(dtype as DType, data.length);
  typed.set(data);
  return new Uint8Array(typed.buffer as ArrayBuffer);
}

export function valueInfo(name: string, { dtype, shape }: ValueType): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: { case: "tensorType", value: { elemType: dataTypes[dtype], shape: { dim: shape.map(dimension) } } },
    },
  });
}

const dimension = (dim: Dim) =>
  typeof dim === "number"
    ? { value: { case: "dimValue" as const, value: BigInt(dim) } }
    : { value: { case: "dimParam" as const, value: dim } };
