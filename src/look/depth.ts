import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { abs, div, max, maximum, square, sum, variance } from "../ops/index.js";
import {
  inputsOf,
  LOSS,
  type LossSpec,
  lossValue,
  type Network,
  type Tensors,
  target,
  typesOf,
} from "../runtime/index.js";
import { type Checked, PART, type Probe, probe } from "./values.js";

export interface DepthOptions {
  readonly loss: LossSpec;
  /** How many examples make the batch, evenly spread over the data; from 2 to 64, defaults to 32. */
  readonly samples?: number;
  /** Of dropout; defaults to 0. */
  readonly seed?: number;
}

/** One layer with weights, on the way through a network. */
export interface DepthLayer {
  readonly layer: string;
  /** The standard deviation of its output's numbers. */
  readonly spread: number;
  /** The Euclidean length of the gradient of one example's loss by its output; the root mean square over the examples. */
  readonly gradient: number;
  /** The Euclidean length of the gradient of the loss by its weights. */
  readonly weightGradient: number;
}

export interface DepthProfile {
  readonly samples: number;
  /** The layers with weight matrices or filters, from the input on. */
  readonly layers: readonly DepthLayer[];
}

/**
 * What becomes of activations and gradients along a network's depth, on one batch and as training has it: batch norm by
 * the batch, dropout on. Gradients that shrink or grow from layer to layer by the same factor are what keeps deep
 * networks from learning (Glorot & Bengio 2010, He et al. 2016); `depthChart` draws several networks' profiles together.
 *
 * The check: how far the slope of the loss along the gradient by all weights is from that gradient's squared length, as
 * a share; float32 leaves about 0.01 of it, more where gradients have all but vanished.
 * @throws OptionError for a network without weights, or a data set of a single example
 */
export async function depthProfile(net: Network, data: Dataset, options: DepthOptions): Promise<Checked<DepthProfile>> {
  checkOptions("depthProfile", options, ["loss", "samples", "seed"]);
  const { samples = 32, seed = 0, loss } = options;
  checkNumber("depthProfile", "samples", samples, { low: 2, high: PART, integer: true });
  const count = Math.min(samples, data.length);
  if (count < 2) throw new OptionError("needs two examples at least, for their spread.", { place: "depthProfile" });
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * data.length) / count));
  const { inputs, targets } = await data.batch(rows);
  const traced = net.traced(true);
  const asked = question(net, traced, lossValue(traced, loss, typesOf(targets)).value);
  const feeds: Tensors = {
    ...inputsOf(net.architecture.inputs, inputs),
    ...Object.fromEntries(Object.entries(targets).map(([name, value]) => [target(name), value])),
    ...noiseOf(traced, seed, count),
  };
  const results = await asked.run(feeds);
  const number = (name: string) => (results[name] as Tensor).data[0] as number;
  const layers = layersOf(traced).map(
    ({ name, weights }): DepthLayer => ({
      layer: name,
      spread: number(`scale/${name}`) * Math.sqrt(number(`variance/${name}`)),
      // The mean over the batch shares the gradient among its examples.
      gradient: number(`slopeScale/${name}`) * Math.sqrt(number(`slopeSquares/${name}`)) * Math.sqrt(count),
      weightGradient: lengthOf(weights.map((weight) => results[`by/${weight}`] as Tensor)),
    }),
  );
  return { value: { samples: count, layers }, check: await slopeCheck(net, traced, asked, feeds, results) };
}

interface WeightedLayer {
  readonly name: string;
  readonly value: Value;
  readonly weights: readonly string[];
}

/** The hidden layers that have weights of two axes or more, in order; a layer called again is one more. */
function layersOf({ hidden, parameters }: Traced): WeightedLayer[] {
  const weightsOf = new Map<string, string[]>();
  for (const [name, { shape, trainable }] of parameters) {
    const owner = name.slice(0, name.lastIndexOf("."));
    if (trainable && shape.length > 1) weightsOf.set(owner, [...(weightsOf.get(owner) ?? []), name]);
  }
  return [...hidden].flatMap(([name, value]) => {
    const weights = weightsOf.get(name.replace(/:\d+$/, "").replaceAll("/", "."));
    return weights === undefined ? [] : [{ name, value, weights }];
  });
}

const trainableOf = ({ parameters }: Traced) => [...parameters].filter(([, { trainable }]) => trainable);

function question(net: Network, traced: Traced, loss: Value): Probe {
  const layers = layersOf(traced);
  if (layers.length === 0)
    throw new OptionError("the network has no layer with weights, e.g. dense().", { place: "depthProfile" });
  const weights = trainableOf(traced);
  const slopes = gradients(loss, [...layers.map(({ value }) => value), ...weights.map(([, { value }]) => value)]);
  const outputs: Record<string, Value> = { [LOSS]: loss };
  layers.forEach(({ name, value }, i) => {
    const [scale, parts] = scaled(value);
    outputs[`scale/${name}`] = scale;
    outputs[`variance/${name}`] = variance(parts);
    const [slopeScale, slopeParts] = scaled(slopes[i] as Value);
    outputs[`slopeScale/${name}`] = slopeScale;
    outputs[`slopeSquares/${name}`] = sum(square(slopeParts));
  });
  weights.forEach(([name], i) => {
    outputs[`by/${name}`] = slopes[layers.length + i] as Value;
  });
  return probe(net, outputs);
}

/** A scale for numbers, that of the largest among them, and the numbers in it: their squares stay within float32. */
function scaled(x: Value): [scale: Value, parts: Value] {
  const scale = maximum(max(abs(x)), SMALLEST);
  return [scale, div(x, scale)];
}

/** The least that float32 holds with all its digits. */
const SMALLEST = 2 ** -126;

const noiseOf = ({ noise }: Traced, seed: number, rows: number): Tensors =>
  Object.fromEntries(
    [...noise].map(([name, { value, rate }]) => {
      const shape = resolveShape(value.shape, { batch: rows });
      return [name, tensor(random(seed, name, 0).dropout(countOf(shape), rate), shape)];
    }),
  );

function lengthOf(tensors: readonly Tensor[]): number {
  let squares = 0;
  for (const { data } of tensors) for (const x of data) squares += x * x;
  return Math.sqrt(squares);
}

/** By which share of itself the loss is meant to change: one of them is neither lost in rounding nor too wide. */
const STEPS = [0.1, 0.01, 0.001];

async function slopeCheck(net: Network, traced: Traced, asked: Probe, feeds: Tensors, found: Tensors): Promise<number> {
  const names = trainableOf(traced).map(([name]) => name);
  const length = lengthOf(names.map((name) => found[`by/${name}`] as Tensor));
  if (length === 0 || !Number.isFinite(length)) return 0;
  const weights = names.map((name) => net.weights.get(name) as Tensor);
  const farthest = (0.1 * lengthOf(weights)) / length;
  const lossAt = async (by: number): Promise<number> => {
    const moved = names.map((name, i) => {
      const slope = found[`by/${name}`] as Tensor;
      const { data, shape } = weights[i] as Tensor;
      return [
        name,
        tensor(
          Float32Array.from(data, (w, j) => w + by * (slope.data[j] as number)),
          shape,
        ),
      ];
    });
    return (await asked.run({ ...feeds, ...Object.fromEntries(moved) }))[LOSS]?.data[0] as number;
  };
  const size = Math.abs(found[LOSS]?.data[0] as number) || 1;
  let least = Number.POSITIVE_INFINITY;
  for (const share of STEPS) {
    const step = Math.min((share * size) / length ** 2, farthest);
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    least = Math.min(least, Math.abs(slope / length ** 2 - 1));
  }
  return least;
}
