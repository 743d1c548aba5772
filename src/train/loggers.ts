import { writeOddNumbers } from "../base/json.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { encodeText } from "../base/text.js";
import { fileVersion, histogramOf, type Summary, sessionStart, summaries } from "../formats/index.js";
import type { Network } from "../runtime/index.js";
import type { Callback } from "./callback.js";
import type { EpochRecord } from "./record.js";

/** Where a log goes: called with bytes to add at the end of a file, and awaited. */
export type Append = (bytes: Uint8Array) => void | Promise<void>;

/**
 * Logs a run as JSON lines, one object in each: `{"kind":"start",...}`, then for each step
 * `{"kind":"step","step":1,"epoch":1,"loss":2.3,"learningRate":0.001,...}`, for each epoch
 * `{"kind":"epoch","epoch":1,"step":40,"training":{"loss":2.1},"validation":{...},...}`, at last `{"kind":"end",...}`. The
 * fields are those of `StepRecord` and `EpochRecord`. Numbers that are not finite are the texts "NaN", "Infinity" and
 * "-Infinity".
 *
 * A run that is resumed adds a start line with the step it goes on from: lines of later steps before it no longer count.
 * @param options.every one step in so many is logged; defaults to 1
 */
export function jsonLines(append: Append, options: { readonly every?: number } = {}): Callback {
  checkOptions("jsonLines", options, ["every"]);
  const { every = 1 } = options;
  checkNumber("jsonLines", "every", every, { low: 1, integer: true });
  const line = (kind: string, record: object) =>
    append(encodeText(`${JSON.stringify({ kind, ...record }, writeOddNumbers)}\n`));
  return {
    onStart: ({ net: _, ...rest }) => line("start", rest),
    onStep: (record) => (record.step % every === 0 ? line("step", record) : undefined),
    onEpoch: (record) => line("epoch", record),
    onEnd: ({ steps, ended, best, warnings }) => line("end", { steps, ended, ...(best && { best }), warnings }),
  };
}

export interface TensorBoardOptions {
  /** One step in so many is logged; defaults to 10. */
  readonly every?: number;
  /** Logs how the numbers of each weight are spread, after each epoch; defaults to true. */
  readonly histograms?: boolean;
  /** Pictures to log after each epoch, by tag, as the bytes of PNG files. */
  readonly images?: (net: Network, record: EpochRecord) => Images | Promise<Images>;
}

type Images = Readonly<Record<string, Uint8Array>>;

/**
 * Logs a run for TensorBoard: the bytes of an event file. Scalars of steps: `loss/training`, `learning_rate`,
 * `gradient_norm` (where the gradient is clipped by its norm), of games `generator loss/step` and the like. Of epochs: `loss/epoch`, `loss/validation`, `accuracy/training`,
 * `accuracy/validation` and so with every metric, `examples_per_second`. Histograms of weights: `weights/dense_1.weight`.
 *
 * TensorBoard reads the file while it grows, if "tfevents" is in its name. A resumed run begins another one in the same
 * folder, with a later name, since the end of the first may be cut off: TensorBoard then forgets the steps made again.
 */
export function tensorBoard(append: Append, options: TensorBoardOptions = {}): Callback {
  checkOptions("tensorBoard", options, ["every", "histograms", "images"]);
  const { every = 10, histograms = true, images } = options;
  checkNumber("tensorBoard", "every", every, { low: 1, integer: true });
  let net: Network | undefined;
  const now = () => Date.now() / 1000;
  const log = (step: number, values: Readonly<Record<string, Summary>>) => append(summaries(step, now(), values));
  return {
    async onStart(run) {
      net = run.net;
      await append(fileVersion(now()));
      if (run.step > 0) await append(sessionStart(run.step + 1, now()));
    },
    onStep({ step, loss, learningRate, gradientNorm, scores = {} }) {
      if (step % every !== 0) return;
      return log(step, {
        "loss/training": { scalar: loss },
        learning_rate: { scalar: learningRate },
        ...(gradientNorm !== undefined && { gradient_norm: { scalar: gradientNorm } }),
        ...Object.fromEntries(Object.entries(scores).map(([name, scalar]) => [`${name}/step`, { scalar }])),
      });
    },
    async onEpoch(record) {
      await log(record.step, scalarsOf(record));
      if (net === undefined) return;
      if (histograms) for (const [name, { data }] of net.weights) await log(record.step, weightSpread(name, data));
      const pictures = Object.entries((await images?.(net, record)) ?? {});
      for (const [tag, png] of pictures) await log(record.step, { [tag]: { png } });
    },
  };
}

function scalarsOf({ training, validation = {}, examplesPerSecond }: EpochRecord): Record<string, Summary> {
  const named = (scores: object, tag: (name: string) => string) =>
    Object.entries(scores).map(([name, scalar]) => [tag(name), { scalar }] as const);
  return {
    ...Object.fromEntries(named(training, (name) => (name === "loss" ? "loss/epoch" : `${name}/training`))),
    ...Object.fromEntries(named(validation, (name) => `${name}/validation`)),
    examples_per_second: { scalar: examplesPerSecond },
  };
}

const weightSpread = (name: string, data: ArrayLike<number>) => ({
  [`weights/${name}`]: { histogram: histogramOf(data) },
});
