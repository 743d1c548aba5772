import type { DType } from "../base/dtype.js";

/** An ONNX attribute. Whole numbers are ONNX ints; fractions are wrapped: `{ float: 0.5 }`, `{ floats: [1, 2] }`. */
export type OnnxAttr =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly body: EmittedBody };
export type OnnxAttrs = Readonly<Record<string, OnnxAttr | undefined>>;
export type OnnxDType = DType | "int64";

/** A graph within an ONNX node. */
export interface EmittedBody {
  /** Tells it from all others. */
  readonly name: string;
}

/** Wraps a number as an ONNX float attribute. */
export const float = (value: number): OnnxAttr => ({ float: value });
