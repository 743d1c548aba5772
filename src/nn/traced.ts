import type { DType } from "../base/dtype.js";
import type { Value } from "../graph/index.js";
import type { Initializer } from "./initializers.js";

/** Options every layer has. */
export interface LayerOptions {
  /** Its name among its siblings, without / . : # [ ]; defaults to its kind with a number, e.g. `conv2d_1`. */
  readonly name?: string;
  /**
   * In training, keeps only what enters the layer, and works out what is inside again when its gradients are due: less
   * memory, more time, the same numbers (Chen et al. 2016). Pays off for layers of layers. Defaults to false.
   */
  readonly checkpointed?: boolean;
}

/**
 * A layer: called on values while a network is built, it makes its weights and returns its output. Called again in the
 * same place, it uses the same weights.
 */
export interface Layer<O extends LayerOptions = LayerOptions> {
  (...inputs: Value[]): Value;
  readonly kind: string;
  readonly options: Readonly<O>;
  /** The layer as plain JSON, from which `layerFromJson` makes it again. */
  toJSON(): LayerJson;
}

export interface LayerJson {
  readonly kind: string;
  readonly options: LayerOptions;
}

/** A weight: learned by the optimizer, or (not `trainable`) kept up by its layer, as running statistics are. */
export interface Parameter {
  readonly value: Value;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly trainable: boolean;
}

/** Random numbers that enter the graph as an input, drawn on the host for each step. */
export interface Noise {
  readonly value: Value;
  readonly kind: "dropout";
  /** The probability of a zero. */
  readonly rate: number;
}

/** A state that goes from one batch to the next. */
export interface Memory {
  /** Where it enters the graph, `[batch, ...]`. */
  readonly value: Value;
  /** What it is before the first batch. */
  readonly begin: Value;
  /** What the batch leaves. */
  readonly end: Value;
}

/** One call of a layer that stands in the network itself, not inside another layer. */
export interface Call {
  /** The name of the hidden value it made. */
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly parameters: readonly string[];
}

/** A network as a graph: what tracing a function of layers found. */
export interface Traced {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  /** By name in dotted form, e.g. `residual_1.conv2d_1.weight`. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly noise: ReadonlyMap<string, Noise>;
  /** New values of parameters that layers keep up themselves; only in training. */
  readonly updates: ReadonlyMap<string, Value>;
  /** Every layer's output and every value a layer names, in order, e.g. `residual_1/conv2d_1`. */
  readonly hidden: ReadonlyMap<string, Value>;
  /** The states that go from batch to batch, e.g. `lstm_1/l0/h`; only where the network is traced to remember. */
  readonly memory: ReadonlyMap<string, Memory>;
  /** Zeros that are added to values inside loops, e.g. `lstm_1/l0/h`; only where the network is traced for them. */
  readonly nudges: ReadonlyMap<string, Value>;
  readonly calls: readonly Call[];
  /** The layers that need a batch of more than one example, and how many; only in training. */
  readonly rowsNeeded: ReadonlyMap<string, number>;
  /** The inputs that hold positions, by name. */
  readonly positions: ReadonlyMap<string, Positions>;
}

/** What an int32 input may hold. */
export interface Positions {
  /** The layer that takes them. */
  readonly layer: string;
  readonly count: number;
  /** Vectors are counted from 0; of time steps, 1 to `count` count. */
  readonly what: "vectors" | "time steps";
}

export interface InputSpec {
  /** One example's shape, without the batch axis. */
  readonly shape: readonly number[];
  readonly dtype: DType;
}
