import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { type Dataset, subset } from "../data/index.js";
import { type Game, rowsOf } from "../runtime/index.js";
import { collapsed, type GameEpoch, lopsided, memorised } from "./gameRules.js";
import { nearestExamples } from "./nearestExamples.js";
import { evenly } from "./points.js";
import { spread } from "./spread.js";
import { told, type Warning } from "./warningRules.js";

export interface GameWarningsOptions {
  /** How many examples are made at each look, and as many real ones are taken; defaults to 256. */
  readonly samples?: number;
  /** How often examples are looked at, in epochs; defaults to 1. The scores are looked at after each. */
  readonly every?: number;
  /** Of the noise that examples are made of, the same at each look; defaults to 0. */
  readonly seed?: number;
  /**
   * Whether only differences between the discriminator's scores mean anything, as for `wasserstein()`: a good critic tells all
   * apart, and nothing is wrong with that. Defaults to false.
   */
  readonly critic?: boolean;
  /**
   * Of how many training examples 32 samples may be copies, e.g. 5,000: evenly spread over the data. Each look compares them
   * all, in a few seconds for 5,000 pictures of 64 x 64. Defaults to 0: copies are not looked for.
   */
  readonly memorised?: number;
}

/** What is read of an epoch's record. */
interface Epoch {
  readonly epoch: number;
  readonly training: Readonly<Record<string, number | undefined>>;
}

/** A callback of `play` that warns: `play(game, data, { ..., callbacks: [gameWarnings(game, data)] })`. */
export interface GameWarnings {
  readonly name: string;
  onStart(): void;
  onEpoch(record: Epoch, control: { warn(message: string): void }): Promise<void>;
  state(): {
    readonly warned: readonly string[];
    readonly epochs: readonly GameEpoch[];
    readonly spreads: readonly number[];
  };
  restore(state: unknown): void;
}

/** Samples that are looked for among the training examples, and examples that are looked for among the others. */
const SOUGHT = 32;

/**
 * Warns while two networks play, after each epoch, of each thing once, with its number and what to try:
 *
 * - the discriminator has won: it is right about 98 % of real and of made examples, or its loss is below 0.01, in two epochs
 *   running;
 * - it is lost: for four epochs, and since the first, it is right about half of all, and its loss stays within 1 %;
 * - it is fooled: it is right about less than 5 % of made examples, in two epochs running;
 * - the generator's gradient is below 1e-6 of what it was in the first epoch;
 * - its modes have collapsed: two samples differ by less than 25 % of what two real examples do, in two looks running;
 * - with `memorised`: more than half of the samples are nearer to a training example than half of the usual distance between
 *   two of those.
 * @param data the training data, which also has the game's conditions, if any, as inputs or as targets
 */
export function gameWarnings(
  game: Pick<Game, "sample" | "batch">,
  data: Dataset,
  options: GameWarningsOptions = {},
): GameWarnings {
  checkOptions("gameWarnings", options, ["samples", "every", "seed", "critic", "memorised"]);
  const { samples = 256, every = 1, seed = 0, critic = false, memorised: among = 0 } = options;
  checkNumber("gameWarnings", "samples", samples, { low: 2, integer: true });
  checkNumber("gameWarnings", "every", every, { low: 1, integer: true });
  checkNumber("gameWarnings", "seed", seed, { integer: true });
  checkNumber("gameWarnings", "memorised", among, { low: 0, integer: true });
  const rows = evenly(data.length, samples);
  const sought = among > 0 ? subset(data, evenly(data.length, among)) : undefined;
  const warned = new Set<string>();
  const epochs: GameEpoch[] = [];
  const spreads: number[] = [];

  const look = async (): Promise<Warning[]> => {
    const { examples, conditions } = game.batch(await data.batch(rows));
    const made = await game.sample(rows.length, { seed, conditions });
    spreads.push(spread(made, examples, { seed }).value);
    return [...collapsed(spreads), ...(sought ? await copies(made, sought) : [])];
  };
  return {
    name: "gameWarnings",
    onStart: () => {
      warned.clear();
      epochs.length = 0;
      spreads.length = 0;
    },
    onEpoch: async ({ epoch, training }, control) => {
      epochs.push(scoresOf(training));
      const found = lopsided(epochs, critic);
      if (epoch % every === 0) found.push(...(await look()));
      const news = found.filter(({ kind }) => !warned.has(kind));
      for (const { kind } of news) warned.add(kind);
      for (const message of told(news)) control.warn(message);
    },
    state: () => ({ warned: [...warned], epochs: [...epochs], spreads: [...spreads] }),
    restore: (state) => {
      const kept = state as ReturnType<GameWarnings["state"]>;
      for (const kind of kept.warned) warned.add(kind);
      epochs.push(...kept.epochs);
      spreads.push(...kept.spreads);
    },
  };
}

/** The scores that `play` writes, by their names there; a number that is not finite says nothing. */
function scoresOf(training: Epoch["training"]): GameEpoch {
  const names = { loss: "loss", real: "real accuracy", fake: "fake accuracy", gradient: "generator gradient" } as const;
  const known = Object.entries(names).map(([key, name]) => [key, training[name]] as const);
  return Object.fromEntries(known.filter(([, value]) => Number.isFinite(value)));
}

async function copies(made: Tensor, among: Dataset): Promise<Warning[]> {
  const few = rowsOf(made, 0, SOUGHT);
  const { samples } = (await nearestExamples(few, among, { typical: SOUGHT })).value;
  return memorised(samples.map(({ ratio }) => ratio));
}
