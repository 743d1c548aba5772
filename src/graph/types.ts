import type { DType } from "../base/dtype.js";
import type { Dim, Shape } from "../base/shape.js";
import type { EmittedBody, OnnxAttrs, OnnxDType } from "./emit.js";

/** What is known of a value before the graph runs. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One result of a node: a symbolic array. */
export interface Value extends ValueType {
  readonly node: Node;
  /** Which of the node's outputs it is. */
  readonly index: number;
}

/** One application of an op to values. Frozen; ids grow with creation, so they order a graph topologically. */
export interface Node<A extends Attrs = Attrs> {
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly attrs: A;
  readonly outputs: readonly Value[];
  /** The layer it was made in, e.g. `residual_1/conv2d_2`; backward nodes carry `gradient/` before it. */
  readonly scope: string;
  /** The region it is in, if any: what is made there is not kept for the backward pass but worked out again. */
  readonly region: number | undefined;
}

/** Named values going in (all of them leaves) and coming out. */
export interface Graph {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

/** A graph within a node: what each run of it is given and gives, in order. The inputs need not be leaves: they cut. */
export interface Body {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export type Attr = number | string | boolean | readonly number[] | readonly Dim[] | Body | undefined;
/** An op's constants: plain JSON, but for a body. */
export type Attrs = Readonly<Record<string, Attr>>;

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
  /** Whether ONNX's operators for whole loops may stand for loops of which nobody looks inside: for inference. */
  readonly operators: boolean;
  /** Whether a value, in the body of a loop, is the same in every turn; false outside of loops. */
  fixed(name: string): boolean;
  /** Whether anything in the graph needs this value; of an op's several outputs, those unused need not be made. */
  used(value: Value): boolean;
  /**
   * A graph for an attribute of a node.
   * @param body its first inputs are the graph's own
   * @param outer the ONNX names of the other inputs, which are values outside
   */
  body(body: Body, outer: ReadonlyMap<Value, string>): EmittedBody;
}

/** What a gradient rule sees: inputs `x`, outputs `y`, and the gradients `dy` of the loss by each output. */
export interface GradientRule<A extends Attrs> {
  readonly x: readonly Value[];
  readonly y: readonly Value[];
  /** Undefined where the loss does not depend on that output. */
  readonly dy: readonly (Value | undefined)[];
  readonly attrs: A;
  /**
   * The gradients of a body by its inputs, given those by its outputs (undefined: the loss does not depend on it), as more
   * graph over the body's values; undefined where an input has none.
   */
  readonly pullBack: (body: Body, dy: readonly (Value | undefined)[]) => readonly (Value | undefined)[];
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
  /**
   * For a node in the body of a loop: its output summed over all turns of the loop, better than turn by turn, from
   * `stacked` inputs `[turns, ...]` and from inputs that are `summed` already. Undefined where it cannot.
   */
  sumOfTurns?(
    node: Node<A>,
    stacked: (x: Value) => Value | undefined,
    summed: (x: Value) => Value | undefined,
  ): Value | undefined;
  /** True for an op whose one input is repeated along axes, so that a broadcasting user may take the input instead. */
  readonly onlyBroadcasts?: boolean;
  /** True for an op that gives its one input another shape, the elements in the same order. */
  readonly onlyReshapes?: boolean;
  /** True for an op that reads its weight as [in, out, ...kernel] turned by 180 degrees. */
  readonly flipsKernel?: boolean;
  /** True for an op that turns scores into probabilities, e.g. softmax. */
  readonly givesProbabilities?: boolean;
  /**
   * The output where x is above 0, and 0 elsewhere, from an op that can see to that for less than a mask costs; x has
   * the output's shape. Undefined where it cannot.
   */
  keepWherePositive?(node: Node<A>, x: Value): Value | undefined;
  /**
   * For the gradient of a convolution by its filter, of the inputs x `[N, C, ...]` and dy `[N, O, ...]`: how the
   * convolution's window moved; undefined where it could not move. Absent for every other op.
   */
  filterWindow?(node: Node<A>): FilterWindow | undefined;
  /**
   * For the way back through max pooling, of x `[N, C, ...]`, the largest of each window y and dy `[N, C, ...small]`: the
   * lengths of the windows, which lie side by side. Equal largest elements share dy. Absent for every other op.
   */
  largestOf?(node: Node<A>): readonly number[];
  /** For an elementwise op: bounds [low, high] that no output leaves, e.g. [0, Infinity] for a ReLU. */
  readonly range?: readonly [number, number];
  /**
   * For an op whose output at a position depends only on positions nearby: where it looks, for each spatial axis (the
   * axes from 2 on). Absent: every position may depend on every other.
   */
  window?(node: Node<A>): readonly Window[];
}

/** How a convolution's filter moved, all in elements, one number per spatial axis. */
export interface FilterWindow {
  readonly strides: readonly number[];
  /** All the begins, then all the ends. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  /** The filter's own lengths. */
  readonly size: readonly number[];
}

/**
 * Where the output at position p looks along one axis: at the whole numbers from `jump p + start` up to
 * `jump p + start + span - 1`. A jump below 1 enlarges; a span of Infinity is the whole axis.
 */
export interface Window {
  readonly span: number;
  readonly jump: number;
  readonly start: number;
}
