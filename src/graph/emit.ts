import type { DType } from "../base/dtype.js";
import type { Dim, Shape } from "../base/shape.js";
import type { Body, Value } from "./types.js";

/** An ONNX attribute. Whole numbers are ONNX ints; fractions are wrapped: `{ float: 0.5 }`, `{ floats: [1, 2] }`. */
export type OnnxAttr =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly body: EmittedBody };
export type OnnxAttrs = Readonly<Record<string, OnnxAttr | undefined>>;
export type OnnxDType = DType | "int64";

/** A graph within an ONNX node. */
export interface EmittedBody {
  /** Tells it from all others. */
  readonly name: string;
}

/** What an op's lowering writes to. Values are ONNX names; "" leaves out an optional input. */
export interface Emit {
  /** Adds a node with one output and returns its name. The same node asked for twice is emitted once. */
  node(type: string, inputs: readonly string[], attrs?: OnnxAttrs): string;
  /** Adds a node with several outputs. */
  nodes(type: string, inputs: readonly string[], attrs: OnnxAttrs, outputs: number): string[];
  /** A constant; `shape` defaults to one axis. */
  constant(data: ArrayLike<number>, dtype: OnnxDType, shape?: readonly number[]): string;
  /** An int64 vector holding a shape; symbolic lengths are read from the graph's inputs when it runs. */
  shape(shape: Shape): string;
  /** A float32 scalar holding a length. */
  size(dim: Dim): string;
  /** Whether anything in the graph needs this value; of an op's several outputs, those unused need not be made. */
  used(value: Value): boolean;
  /**
   * A graph for an attribute of a node.
   * @param body its first inputs are the graph's own
   * @param outer the ONNX names of the other inputs, which are values outside
   */
  body(body: Body, outer: ReadonlyMap<Value, string>): EmittedBody;
}

/** Wraps a number as an ONNX float attribute. */
export const float = (value: number): OnnxAttr => ({ float: value });
