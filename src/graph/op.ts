import type { Dim } from "../base/shape.js";
import type { Emit } from "./emit.js";
import type { Node, Value, ValueType } from "./value.js";

export type Attr = number | string | boolean | readonly number[] | readonly Dim[] | undefined;
/** An op's constants: plain JSON. */
export type Attrs = Readonly<Record<string, Attr>>;

/** What a gradient rule sees: inputs `x`, outputs `y`, and the gradients `dy` of the loss by each output. */
export interface GradientRule<A extends Attrs> {
  readonly x: readonly Value[];
  readonly y: readonly Value[];
  /** Undefined where the loss does not depend on that output. */
  readonly dy: readonly (Value | undefined)[];
  readonly attrs: A;
}

/**
 * A primitive op: everything midst knows about it, in one place. No shared code asks for an op by name.
 */
export interface Op<A extends Attrs = Attrs> {
  readonly name: string;
  /** The types of the outputs; throws a ShapeError when the inputs do not fit. */
  type(inputs: readonly ValueType[], attrs: A): ValueType | readonly ValueType[];
  /**
   * One gradient per input, undefined where there is none. A gradient may have the shape that the inputs broadcast
   * to: autodiff sums it back to the input's own shape. Absent: no gradient flows through this op.
   */
  gradient?(rule: GradientRule<A>): readonly (Value | undefined)[];
  /** The ONNX names of the outputs, having emitted the nodes that make them from the ONNX names `x` of the inputs. */
  lower(emit: Emit, x: readonly string[], node: Node<A>): string | readonly string[];
  /** True for an op whose one input is repeated along axes, so that a broadcasting user may take the input instead. */
  readonly onlyBroadcasts?: boolean;
}

const ops = new Map<string, Op>();

/** Registers an op under its name, so that saved graphs find it again. */
export function defineOp<A extends Attrs = Attrs>(op: Op<A>): Op<A> {
  if (ops.has(op.name)) throw new Error(`the op "${op.name}" is defined twice`);
  ops.set(op.name, op as unknown as Op);
  return op;
}

export const opNamed = (name: string): Op | undefined => ops.get(name);
export const opNames = (): string[] => [...ops.keys()];
