import { countOf, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { pointwise, type Value } from "../graph/index.js";

/** The size of some numbers; those that are NaN or Inf are not among them. */
export interface Sizes {
  readonly mean: number;
  /** The standard deviation. */
  readonly std: number;
  /** The largest size. */
  readonly most: number;
}

/** How one hidden layer is doing. */
export interface LayerHealth extends Sizes {
  readonly layer: string;
  /** Of one example's loss by the layer's numbers; absent without a loss. */
  readonly gradient?: Sizes;
  /** Of a ReLU: the share of units (channels) above 0 for none of the examples, in [0, 1], and which. */
  readonly dead?: { readonly share: number; readonly units: readonly number[] };
  /** Of an activation with two ends (tanh, sigmoid): the share of numbers in the outermost 3 % of the way to an end, in [0, 1]. */
  readonly saturated?: number;
  /** How many numbers were NaN or Inf, and how many gradients. */
  readonly bad: number;
  readonly badGradients: number;
}

/** Where the first NaN or Inf arose. */
export interface Origin {
  /** The first layer in the network's order that holds one, or (backward) the last whose gradient does; an input's name; "loss". */
  readonly layer: string;
  readonly where: "input" | "forward" | "loss" | "backward";
}

/** Mean and spread over parts, without loss of digits (Chan, Golub and LeVeque 1983). */
class Spread {
  bad = 0;
  private count = 0;
  private mean = 0;
  private squares = 0;
  private most = 0;

  add(values: ArrayLike<number>, factor = 1): void {
    let [count, sum] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = (values[i] as number) * factor;
      if (!Number.isFinite(value)) continue;
      count++;
      sum += value;
      if (Math.abs(value) > this.most) this.most = Math.abs(value);
    }
    this.bad += values.length - count;
    if (count === 0) return;
    const mean = sum / count;
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = (values[i] as number) * factor;
      if (Number.isFinite(value)) squares += (value - mean) ** 2;
    }
    const apart = mean - this.mean;
    const total = this.count + count;
    this.squares += squares + (apart * apart * this.count * count) / total;
    this.mean += (apart * count) / total;
    this.count = total;
  }

  result(): Sizes {
    const none = this.count === 0;
    return {
      mean: none ? Number.NaN : this.mean,
      std: none ? Number.NaN : Math.sqrt(this.squares / this.count),
      most: this.most,
    };
  }
}

/**
 * The axis of a value's units: the channels, axis 1, but the last of [batch, time, features]. Which of the two a value of
 * three axes is, the op says that it comes from: one that looks along positions (a convolution) has channels.
 */
export function unitAxisOf({ shape, node }: Value): number {
  if (shape.length !== 3) return 1;
  const [from] = node.inputs;
  if (node.op.window === undefined) return node.inputs.length === 0 || node.op.onlyReshapes === true ? 1 : 2;
  return node.op.window === pointwise && from !== undefined && sameShape(from.shape, shape) ? unitAxisOf(from) : 1;
}

/** How far from the middle of its range (0) to its end (1) a number counts as saturated. */
const SATURATED = 0.97;

/** Collects how a layer is doing over the parts of a data set. */
export class LayerStatistics {
  private readonly numbers = new Spread();
  private readonly slopes = new Spread();
  private readonly range: readonly [number, number] | undefined;
  private readonly unitAxis: number;
  /** Which units have been above 0. */
  private readonly alive: Uint8Array;
  private saturated = 0;
  private count = 0;
  private hasGradient = false;

  constructor(
    readonly name: string,
    value: Value,
  ) {
    this.range = value.node.op.range;
    this.unitAxis = unitAxisOf(value);
    this.alive = new Uint8Array((value.shape[this.unitAxis] as number | undefined) ?? 1);
  }

  /** @param rows how many examples these are: the gradients are of the mean of their losses */
  add({ data, shape }: Tensor, gradient: Tensor | undefined, rows: number): void {
    this.numbers.add(data);
    if (gradient !== undefined) {
      this.hasGradient = true;
      this.slopes.add(gradient.data, rows);
    }
    this.count += data.length;
    const [low = -Infinity, high = Infinity] = this.range ?? [];
    if (low === 0 && high === Infinity) {
      const size = countOf(shape.slice(this.unitAxis + 1));
      for (let i = 0; i < data.length; i++)
        if ((data[i] as number) > 0) this.alive[Math.floor(i / size) % this.alive.length] = 1;
    } else if (Number.isFinite(high - low)) {
      const [middle, half] = [(low + high) / 2, (high - low) / 2];
      for (let i = 0; i < data.length; i++)
        if (Math.abs((data[i] as number) - middle) > SATURATED * half) this.saturated++;
    }
  }

  result(): LayerHealth {
    const [low = -Infinity, high = Infinity] = this.range ?? [];
    const units = Array.from(this.alive.keys()).filter((unit) => this.alive[unit] === 0);
    return {
      layer: this.name,
      ...this.numbers.result(),
      ...(this.hasGradient && { gradient: this.slopes.result() }),
      ...(low === 0 && high === Infinity && { dead: { share: units.length / this.alive.length, units } }),
      ...(Number.isFinite(high - low) && { saturated: this.saturated / this.count }),
      bad: this.numbers.bad,
      badGradients: this.slopes.bad,
    };
  }
}

/** The first place with a NaN or Inf: the input, then the layers forward, the loss, and the layers backward. */
export function originOf(
  layers: readonly LayerHealth[],
  input: string | undefined,
  loss: number | undefined,
): Origin | undefined {
  if (input !== undefined) return { layer: input, where: "input" };
  const forward = layers.find(({ bad }) => bad > 0);
  if (forward !== undefined) return { layer: forward.layer, where: "forward" };
  if (loss !== undefined) return { layer: "loss", where: "loss" };
  const backward = layers.findLast(({ badGradients }) => badGradients > 0);
  return backward && { layer: backward.layer, where: "backward" };
}
