import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { nonSaturating } from "../nn/index.js";
import { adam } from "../optim/index.js";
import {
  checkGameStepOptions,
  type GameStepOptions,
  gameStepOptionNames,
  type OptimizerSpec,
  type Tensors,
} from "../runtime/index.js";
import { epochOrder } from "./batches.js";
import { checkRunOptions, type RunOptions, runOptionNames, withRunDefaults } from "./runOptions.js";

/** A number that says how good examples are that a generator made. */
export interface GameMeasure {
  readonly name: string;
  /** Whether a smaller number is a better one, as of a distance; defaults to false. */
  readonly smallerIsBetter?: boolean;
  /** @param samples `[count, ...example]` @param conditions that they were made for, one row each */
  of(samples: Tensor<"float32">, conditions: Tensors): number | Promise<number>;
}

/** What is drawn and measured after each epoch: always of the same noise. */
export interface SampleOptions {
  /** How many are drawn in the folder, with labels in whole rows of one for each class; defaults to 64. 0 draws none. */
  readonly drawn?: number;
  /** How many are measured; defaults to 1,000. */
  readonly measured?: number;
  /** In epochs; defaults to 1. The last epoch is always drawn and measured. */
  readonly every?: number;
}

/** What `play` is told: how each step is made, and how the run goes. */
export interface PlayOptions extends Partial<Omit<GameStepOptions, "optimizer" | "seed">>, RunOptions {
  /**
   * Of both networks, each with a state of its own, or one for each. Defaults to Adam as DCGAN has it:
   * `adam({ learningRate: 2e-4, beta1: 0.5 })`. The objective defaults to `nonSaturating()`.
   */
  readonly optimizer?: OptimizerSpec | GameStepOptions["optimizer"];
  /** What is measured of examples made after each epoch: in the record under `validation`, by name. */
  readonly measures?: readonly GameMeasure[];
  /** The name of the measure by which epochs are compared. Without one they are not. */
  readonly monitor?: string;
  readonly samples?: SampleOptions;
}

const optionNames: readonly (keyof PlayOptions)[] = [
  ...gameStepOptionNames,
  ...runOptionNames,
  "measures",
  "monitor",
  "samples",
];

/** The options of the step, with what they default to. */
export function stepOptionsOf(options: PlayOptions): GameStepOptions {
  const { seed } = withRunDefaults(options);
  const { optimizer = adam({ learningRate: 2e-4, beta1: 0.5 }), objective = nonSaturating() } = options;
  const both = isPair(optimizer) ? optimizer : { generator: optimizer, discriminator: optimizer };
  const given = gameStepOptionNames.filter((name) => options[name] !== undefined);
  const rest = Object.fromEntries(given.map((name) => [name, options[name]])) as Partial<GameStepOptions>;
  return { ...rest, objective, optimizer: both, seed };
}

const isPair = (optimizer: NonNullable<PlayOptions["optimizer"]>): optimizer is GameStepOptions["optimizer"] =>
  typeof optimizer === "object" && "generator" in optimizer;

export function samplesOf({ samples = {} }: PlayOptions): Required<SampleOptions> {
  const { drawn = 64, measured = 1000, every = 1 } = samples;
  return { drawn, measured, every };
}

/** Throws for options that are unknown, out of range or at odds with each other, or with the data. */
export function checkPlayOptions(data: Dataset, options: PlayOptions): void {
  const place = "play";
  checkOptions(place, options, optionNames);
  checkRunOptions(place, options);
  checkGameStepOptions(place, stepOptionsOf(options));
  checkOptions("samples", options.samples ?? {}, ["drawn", "measured", "every"]);
  for (const [name, value] of Object.entries(samplesOf(options)))
    checkNumber("samples", name, value, { low: name === "drawn" ? 0 : 1, high: 1e6, integer: true });
  checkMeasures(options);
  checkMonitor(options);
  checkLength(data, options);
}

function checkMeasures({ measures = [] }: PlayOptions): void {
  const place = "measures";
  for (const measure of measures)
    if (typeof measure?.of !== "function" || typeof measure.name !== "string")
      throw new OptionError("each must have a name and a function of samples. Call it with its parentheses.", {
        place,
        actual: measure,
      });
  const names = measures.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new OptionError(`two measures are called "${twice}". Give each once.`, { place, actual: twice });
}

function checkMonitor(options: PlayOptions): void {
  const { measures = [], monitor, patience, keep } = options;
  const names = measures.map(({ name }) => name);
  const { every } = samplesOf(options);
  if (patience !== undefined && patience < every)
    throw new OptionError(
      `patience is ${patience}, but only every ${every} epochs are measured. Raise it to ${every} at least, or measure more often.`,
      { place: "play", expected: every, actual: patience },
    );
  if (monitor === undefined && (patience !== undefined || keep === "best"))
    throw new OptionError(
      "patience and keep compare epochs, but a game's losses do not say how good it is. Give a measure, and its name as monitor.",
      { place: "play" },
    );
  if (monitor !== undefined && !names.includes(monitor))
    throw new OptionError(
      `monitor must be one of the measures${names.length > 0 ? ` ${names.join(", ")}` : ""}, got "${monitor}". Give it among measures.`,
      { place: "play", expected: names, actual: monitor },
    );
}

function checkLength(data: Dataset, options: PlayOptions): void {
  const { epochs, batchSize, seed } = withRunDefaults(options);
  const { length } = data;
  if (length < 2)
    throw new DataError(
      `a game needs more than ${length === 0 ? "no examples" : "one example"}: what they have in common is what is learned. Give hundreds at least.`,
      { place: "data", expected: 2, actual: length },
    );
  if (batchSize > length)
    throw new OptionError(
      `batchSize is ${batchSize}, but the data has ${length} examples. Lower it to ${length} at most, or give more data.`,
      { place: "play", expected: length, actual: batchSize },
    );
  const { discriminatorSteps = 1 } = options;
  const steps = epochs * Math.ceil(epochOrder(data, batchSize, seed, 1).length / batchSize);
  if (steps < discriminatorSteps)
    throw new OptionError(
      `discriminatorSteps is ${discriminatorSteps}, but the run has ${steps} steps in all: the generator would have no turn. Lower it, or play more epochs.`,
      { place: "play", expected: steps, actual: discriminatorSteps },
    );
}
