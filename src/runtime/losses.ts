import { DataError, ShapeError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { input, inScope, type Value, type ValueType } from "../graph/index.js";
import type { Loss, Traced } from "../nn/index.js";
import { add } from "../ops/index.js";
import type { Tensors } from "./engine.js";

/** One loss for the network's one output, or a loss per output, whose sum is minimised. */
export type LossSpec = Loss | Readonly<Record<string, Loss>>;

/** The types of targets by name, the batch symbolic. */
export type TargetTypes = Readonly<Record<string, ValueType>>;

/** A target's name among the inputs of a graph. */
export const target = (name: string) => `target/${name}`;

/** The examples' weights among the inputs of a graph, float32 [batch]. */
export const ROW_WEIGHTS = "batch/weights";

/**
 * The loss of a traced network: targets become inputs of the graph, and so do the examples' weights.
 * @param weighted whether each example has a weight; defaults to false
 */
export function lossValue(
  traced: Traced,
  loss: LossSpec,
  types: TargetTypes,
  weighted = false,
): { value: Value; targets: Record<string, Value> } {
  const truths = Object.fromEntries(
    Object.entries(types).map(([name, { shape, dtype }]) => [name, input(target(name), shape, dtype)]),
  );
  const weights = weighted ? input(ROW_WEIGHTS, ["batch"]) : undefined;
  const value = inScope("loss", () =>
    pairsOf(traced, loss, types)
      .map(({ loss, output, truth }) => loss(traced.outputs[output] as Value, truths[truth] as Value, weights))
      .reduce((a, b) => add(a, b)),
  );
  const targets = Object.fromEntries(Object.entries(truths).map(([name, v]) => [target(name), v]));
  return { value, targets: { ...targets, ...(weights && { [ROW_WEIGHTS]: weights }) } };
}

/** Which loss compares which output to which target, by name. */
interface Pair {
  readonly loss: Loss;
  readonly output: string;
  readonly truth: string;
}

function pairsOf(traced: Traced, loss: LossSpec, types: TargetTypes): Pair[] {
  const [outputs, truths] = [Object.keys(traced.outputs), Object.keys(types)];
  const refuse = (message: string, place = "loss") => new ShapeError(message, { place });
  if (truths.length === 0)
    throw refuse("the data has no targets. Give them to the data set, or a loss that needs none.");
  if (typeof loss === "function") {
    if (outputs.length === 1 && truths.length === 1)
      return [{ loss, output: outputs[0] as string, truth: truths[0] as string }];
    throw refuse(
      `one loss needs one output and one target; there are ${outputs.length} and ${truths.length}. Give a loss per output: { ${outputs.join(": ..., ")}: ... }.`,
    );
  }
  const losses = Object.entries(loss);
  if (losses.length === 0) throw refuse(`needs a loss at least, e.g. { ${outputs[0]}: mse() }.`);
  for (const [name] of losses)
    for (const [what, known] of [
      ["output", outputs],
      ["target", truths],
    ] as const)
      if (!known.includes(name))
        throw refuse(`there is no ${what} of this name. There are: ${known.join(", ")}.`, `loss "${name}"`);
  return losses.map(([name, each]) => ({ loss: each, output: name, truth: name }));
}

/**
 * Throws unless these are targets for a batch of so many rows that the loss can take.
 * @throws ShapeError for a missing target, another shape or dtype, DataError for labels out of range
 */
export function checkTargets(
  traced: Traced,
  loss: LossSpec,
  types: TargetTypes,
  targets: Tensors,
  rows: number,
  weights?: Tensor,
): void {
  for (const [name, { dtype, shape }] of Object.entries(types)) {
    const given = targets[name];
    const expected = [rows, ...shape.slice(1)];
    if (given === undefined || given.dtype !== dtype || given.shape.join() !== expected.join())
      throw new ShapeError(
        `expected ${dtype}${formatShape(expected)}, got ${given ? `${given.dtype}${formatShape(given.shape)}` : "nothing"}.`,
        { place: `target "${name}"`, expected, actual: given?.shape },
      );
  }
  for (const { loss: each, output, truth } of pairsOf(traced, loss, types)) {
    const [given, predicted] = [targets[truth], traced.outputs[output]];
    if (given !== undefined && predicted !== undefined) each.checkTargets?.(given, predicted.shape, weights);
  }
}

/**
 * Throws unless these are weights for so many examples, or none where none are expected.
 * @throws ShapeError for another shape or dtype, DataError for one below 0, or none above
 */
export function checkWeights(weights: Tensor | undefined, weighted: boolean, rows: number): void {
  const place = "weights";
  if (weights === undefined && !weighted) return;
  if (weights === undefined || !weighted)
    throw new ShapeError(
      `this batch has ${weighted ? "none" : "some"}, the first one had ${weighted ? "some" : "none"}. Give weights with every batch or with none.`,
      { place },
    );
  if (weights.dtype !== "float32" || weights.shape.length !== 1 || weights.shape[0] !== rows)
    throw new ShapeError(`expected float32[${rows}], got ${weights.dtype}${formatShape(weights.shape)}.`, {
      place,
      expected: [rows],
      actual: weights.shape,
    });
  let sum = 0;
  for (const [row, weight] of weights.data.entries()) {
    if (!(weight >= 0 && weight < Infinity))
      throw new DataError(`example ${row} has the weight ${weight}, but weights are numbers from 0.`, {
        place,
        actual: weight,
      });
    sum += weight;
  }
  if (sum === 0)
    throw new DataError("all examples of this batch have the weight 0: their mean loss is 0 / 0. Use larger batches.", {
      place,
      actual: 0,
    });
}

/** Throws unless every layer can train on a batch of so many rows. */
export function checkRows(traced: Traced, rows: number): void {
  if (rows < 1) throw new DataError("a batch needs at least one example.", { place: "batch", actual: rows });
  for (const [place, needed] of traced.rowsNeeded)
    if (rows < needed)
      throw new DataError(
        `cannot train on a batch of ${rows}, it needs ${needed} examples or more. Use a larger batchSize.`,
        { place, expected: needed, actual: rows },
      );
}

/** The types of these targets. */
export const typesOf = (targets: Tensors): TargetTypes =>
  Object.fromEntries(
    Object.entries(targets).map(([name, { dtype, shape }]) => [name, { dtype, shape: ["batch", ...shape.slice(1)] }]),
  );
