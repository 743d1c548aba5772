import type { Warning } from "./warningRules.js";

/** What is read of an epoch's training scores; what a run does not write is left out. */
export type GameEpoch = {
  /** The discriminator's. */
  readonly loss?: number;
  /** The shares of real and of made examples that the discriminator is right about, in [0, 1]. */
  readonly real?: number;
  readonly fake?: number;
  /** The length of the gradient of the generator's loss by its weights. */
  readonly gradient?: number;
};

/** Right about so many of both: the discriminator has won. */
const SURE = 0.98;
/** Below it, its loss leaves nothing to learn; in the balance it is 0.25 (least squares) to 2 (hinge). */
const LOSSLESS = 0.01;
/** Epochs running in which something must be so. */
const RUNNING = 2;
/** Right about half of all, within this, since the beginning, for so many epochs, with a loss that stays within this share. */
const [LOST, EPOCHS, STILL] = [0.03, 4, 0.01];
/** The discriminator is fooled when it is right about fewer made examples. */
const FOOLED = 0.05;
/** How much of the generator's first gradient there is at least. */
const VANISHED = 1e-6;
/** Samples that differ by less than this share of what real examples do. */
const COLLAPSED = 0.25;
/** A copy: nearer to a training example than this share of the usual distance between them; and the share of samples that may be. */
const [COPY, MOST] = [0.5, 0.5];

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
const whole = (kind: string, message: string): Warning => ({ kind, place: "", message });

/**
 * What a game's scores tell.
 * @param epochs from the first on
 * @param critic whether only differences between the discriminator's scores mean anything: then it cannot be too good
 */
export function lopsided(epochs: readonly GameEpoch[], critic: boolean): Warning[] {
  const found = [lost(epochs), vanishing(epochs)];
  if (!critic) found.push(won(epochs), fooled(epochs));
  return found.filter((warning) => warning !== undefined);
}

/** The last epochs, if there are enough and all are so. */
function running(epochs: readonly GameEpoch[], is: (epoch: GameEpoch) => boolean): boolean {
  const recent = epochs.slice(-RUNNING);
  return recent.length === RUNNING && recent.every(is);
}

function won(epochs: readonly GameEpoch[]): Warning | undefined {
  const { loss = 1, real = 0, fake = 0 } = epochs.at(-1) ?? {};
  const wayOut =
    "The generator hardly learns from one that is never wrong. Try r1 or instanceNoise, label smoothing in the objective, a lower " +
    "learning rate for the discriminator or a smaller one, fewer discriminatorSteps, or wasserstein() as objective.";
  if (running(epochs, (epoch) => (epoch.real ?? 0) >= SURE && (epoch.fake ?? 0) >= SURE))
    return whole(
      "won",
      `discriminator: it is right about ${percent(real)} of the real and ${percent(fake)} of the made examples, ${RUNNING} epochs running: it has won. ${wayOut}`,
    );
  if (running(epochs, (epoch) => Math.abs(epoch.loss ?? 1) < LOSSLESS))
    return whole(
      "won",
      `discriminator: its loss is ${loss.toExponential(1)}, ${RUNNING} epochs running: it has won. ${wayOut}`,
    );
  return undefined;
}

/** Tells nothing apart since the beginning; one that calls all real is right about half of all, too. */
function lost(epochs: readonly GameEpoch[]): Warning | undefined {
  const blind = ({ real = Number.NaN, fake = Number.NaN }: GameEpoch) => Math.abs((real + fake) / 2 - 0.5) <= LOST;
  const losses = epochs.map(({ loss = Number.NaN }) => loss);
  const last = losses.at(-1) as number;
  const still = Math.max(...losses) - Math.min(...losses) <= STILL * Math.abs(last);
  if (epochs.length < EPOCHS || !still || !epochs.every(blind)) return undefined;
  const { real = 0, fake = 0 } = epochs.at(-1) ?? {};
  return whole(
    "lost",
    `discriminator: after ${epochs.length} epochs it is right about ${percent((real + fake) / 2)} of all examples, and its loss is ` +
      `${last.toPrecision(4)} as at the beginning: it learns nothing. Try a higher learning rate for it or a larger one, more ` +
      "discriminatorSteps, less r1 or instanceNoise, and see that real and made examples have the same range.",
  );
}

function fooled(epochs: readonly GameEpoch[]): Warning | undefined {
  if (!running(epochs, ({ fake = 1 }) => fake < FOOLED)) return undefined;
  return whole(
    "fooled",
    `discriminator: it takes all but ${percent(epochs.at(-1)?.fake ?? 0)} of the made examples for real, ${RUNNING} epochs running: they are as ` +
      "good, or it is too weak. Look at samples; if they are not that good, try more discriminatorSteps, a higher learning rate for " +
      "the discriminator or a lower one for the generator, or a larger discriminator.",
  );
}

function vanishing(epochs: readonly GameEpoch[]): Warning | undefined {
  const [first, now] = [epochs[0]?.gradient, epochs.at(-1)?.gradient];
  if (first === undefined || now === undefined || now > VANISHED * first || epochs.length < 2) return undefined;
  return whole(
    "vanishing",
    `generator: its gradient is ${now.toExponential(1)}, it was ${first.toExponential(1)} in the first epoch: it learns nothing any more. ` +
      "Try nonSaturating() or wasserstein() as objective, r1 or instanceNoise, or a lower learning rate for the discriminator.",
  );
}

/** Samples that are nearly all the same. @param spreads see `spread`, one a look */
export function collapsed(spreads: readonly number[]): Warning[] {
  const recent = spreads.slice(-RUNNING);
  if (recent.length < RUNNING || !recent.every((spread) => spread < COLLAPSED)) return [];
  return [
    whole(
      "collapsed",
      `generator: two samples differ by ${percent(recent.at(-1) as number)} of what two real examples do, ${RUNNING} looks running: its modes ` +
        "have collapsed. Try r1, a lower learning rate for the generator, more discriminatorSteps, dropout in the discriminator, or " +
        "wasserstein() as objective.",
    ),
  ];
}

/** Samples that are copies of training examples. @param ratios see `nearestExamples`, one a sample */
export function memorised(ratios: readonly number[]): Warning[] {
  const copies = ratios.filter((ratio) => ratio < COPY).length / ratios.length;
  if (!(copies > MOST)) return [];
  return [
    whole(
      "memorised",
      `generator: ${percent(copies)} of the samples are nearer to a training example than half of what is usual between two of those: it ` +
        "knows them by heart. Try more data, augment() on it, or smaller networks; nearestExamples() shows which ones.",
    ),
  ];
}
