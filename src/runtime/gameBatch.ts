import { DataError, ShapeError } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Tensors } from "./engine.js";
import { checkPositions } from "./inputs.js";
import { checkRows } from "./losses.js";
import type { Network } from "./network.js";
import type { StepBatch } from "./step.js";

/** What is asked of a game here. */
interface Players {
  readonly generator: Network;
  readonly discriminator: Network;
  /** The discriminator's input that is an example. */
  readonly example: string;
  readonly exampleShape: readonly number[];
  readonly conditions: readonly string[];
}

/** What a game takes of a batch of data. */
export interface GameBatch {
  /** Float32 [batch, ...example]. */
  readonly examples: Tensor;
  /** By the networks' names. */
  readonly conditions: Tensors;
}

/**
 * The examples of a batch, and what it is known of them: conditions are inputs or targets of their names, or, of a single
 * condition and a single target, that target.
 * @throws ShapeError when they are not what the networks take, DataError for labels out of range, too few examples, or weights
 */
export function gameBatch(game: Players, { inputs, targets, weights }: StepBatch): GameBatch {
  if (weights !== undefined)
    throw new DataError("the examples have weights, which a game does not know. Give data without them.", {
      place: "data",
    });
  const examples = exampleIn(inputs, game.example);
  const shape = game.exampleShape;
  if (examples.dtype !== "float32" || !sameShape(examples.shape.slice(1), shape)) {
    const hint =
      examples.dtype === "uint8"
        ? "Open pictures without the option bytes."
        : "Read the data in that shape, or make networks for the data's.";
    throw new ShapeError(
      `the game is of ${formatShape(shape)}, the data has examples of ${examples.dtype}${formatShape(examples.shape.slice(1))}. ${hint}`,
      { place: "data", expected: shape, actual: examples.shape.slice(1) },
    );
  }
  const rows = examples.shape[0] as number;
  const conditions = Object.fromEntries(
    game.conditions.map((name) => [name, conditionOf(game, name, inputs, targets, rows)]),
  );
  const traced = { generator: game.generator.traced(true), discriminator: game.discriminator.traced(true) };
  checkRows(traced.generator, rows);
  checkRows(traced.discriminator, rows);
  if (game.conditions.length > 0)
    for (const { positions } of Object.values(traced)) {
      const known = [...positions].filter(([name]) => conditions[name] !== undefined);
      checkPositions({ positions: new Map(known) }, conditions);
    }
  return { examples, conditions };
}

function conditionOf(game: Players, name: string, inputs: Tensors, targets: Tensors, rows: number): Tensor {
  const [only, ...more] = Object.values(targets);
  const single = game.conditions.length === 1 && more.length === 0 ? only : undefined;
  const given = inputs[name] ?? targets[name] ?? single;
  const known = [...Object.keys(inputs), ...Object.keys(targets)].join(", ");
  if (given === undefined)
    throw new DataError(`the data has no such input or target, and the networks need it. It has: ${known}.`, {
      place: `condition "${name}"`,
      expected: name,
      actual: known,
    });
  const { shape, dtype } = game.generator.architecture.inputs[name] as { shape: readonly number[]; dtype: string };
  if (given.dtype !== dtype || !sameShape(given.shape, [rows, ...shape]))
    throw new ShapeError(
      `expected ${dtype}${formatShape([rows, ...shape])}, the data has ${given.dtype}${formatShape(given.shape)}.`,
      { place: `condition "${name}"`, expected: [rows, ...shape], actual: given.shape },
    );
  return given;
}

/**
 * The examples of a batch without their conditions: its one input, or of several the one of this name.
 * @throws ShapeError where there is none
 */
export function exampleIn(inputs: Tensors, name = "input"): Tensor {
  const names = Object.keys(inputs);
  const found = inputs[name] ?? (names.length === 1 ? inputs[names[0] as string] : undefined);
  if (found !== undefined) return found;
  throw new ShapeError(`the data has the inputs ${names.join(", ")}. Call the examples "${name}".`, {
    place: "data",
    expected: name,
    actual: names,
  });
}
