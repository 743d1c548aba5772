import { FormatError, OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import type { Tensor } from "../base/tensor.js";
import { readSafetensors } from "../formats/index.js";
import type { Network, StepOptions } from "../runtime/index.js";
import type { EpochCountState } from "./epochCount.js";
import type { EpochRecord } from "./record.js";
import { saveBytes } from "./save.js";

/** What must be the same for a run to go on as though it had never stopped. */
export interface RunSetting {
  readonly architecture: string;
  readonly loss: string;
  readonly optimizer: string;
  readonly seed: number;
  readonly batchSize: number;
  /** How many the training data has. */
  readonly examples: number;
}

/** Where a run has got to, apart from its tensors. */
export interface RunPosition {
  readonly setting: RunSetting;
  /** Batches trained on in all. */
  readonly count: number;
  readonly learningRateFactor: number;
  /** The epoch under way or next, from 1. */
  readonly epoch: number;
  /** What that epoch has counted, if it has begun. */
  readonly counted?: EpochCountState;
  readonly history: readonly EpochRecord[];
  readonly best?: { readonly epoch: number; readonly score: number };
  /** What callbacks remember, by name. */
  readonly callbacks: Readonly<Record<string, Json>>;
  readonly warnings: readonly string[];
}

/** All that a run needs to go on, to the bit. */
export interface Checkpoint {
  readonly position: RunPosition;
  /** Weights by name, and the step's other state, whose names have slashes. */
  readonly state: ReadonlyMap<string, Tensor>;
  /** The best epoch's weights. */
  readonly best?: ReadonlyMap<string, Tensor>;
}

const POSITION = "midst.training";
const BEST = "best/";

/**
 * A checkpoint as the bytes of one safetensors file: the weights under their names, so that `load` opens it as a network,
 * the optimizer's state and the best weights beside them, and in the metadata where the run has got to.
 */
export function checkpointBytes(net: Network, { position, state, best = new Map() }: Checkpoint): Uint8Array {
  const kept = [...best].map(([name, tensor]): [string, Tensor] => [BEST + name, tensor]);
  return saveBytes(net, new Map([...state, ...kept]), {
    [POSITION]: JSON.stringify({ version: 1, ...position }, writeOdd),
  });
}

/**
 * The checkpoint in these bytes.
 * @throws FormatError when they are no safetensors file, or one without a run's position
 */
export function readCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, { name });
  const written = metadata[POSITION];
  if (written === undefined)
    throw new FormatError("it holds no training run. Take a step-*.safetensors of a run folder.", { place: name });
  const position = positionOf(written, name);
  const entries = Object.entries(tensors);
  const best = entries.filter(([key]) => key.startsWith(BEST));
  return {
    position,
    state: new Map(entries.filter(([key]) => !key.startsWith(BEST))),
    ...(best.length > 0 && { best: new Map(best.map(([key, tensor]) => [key.slice(BEST.length), tensor])) }),
  };
}

function positionOf(written: string, place: string): RunPosition {
  const refuse = (what: string) =>
    new FormatError(`its training run is damaged: ${what}. Take an older checkpoint.`, { place });
  let json: RunPosition & { version: number };
  try {
    json = JSON.parse(written, readOdd);
  } catch {
    throw refuse("it is not JSON");
  }
  if (typeof json !== "object" || json === null) throw refuse("it is no object");
  if (json.version !== 1)
    throw new FormatError(`its training run has the version ${json.version}, this midst reads 1. Update midst.`, {
      place,
      expected: 1,
      actual: json.version,
    });
  const whole = (value: unknown, low: number) => Number.isInteger(value) && (value as number) >= low;
  const object = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const wrong = Object.entries({
    setting: object(json.setting),
    count: whole(json.count, 0),
    epoch: whole(json.epoch, 1),
    learningRateFactor: Number.isFinite(json.learningRateFactor),
    history: Array.isArray(json.history) && json.history.every(object),
    callbacks: object(json.callbacks),
    warnings: Array.isArray(json.warnings),
    counted:
      json.counted === undefined ||
      (object(json.counted) && whole(json.counted.steps, 0) && Array.isArray(json.counted.counters)),
    best: json.best === undefined || (object(json.best) && whole(json.best.epoch, 1)),
  }).find(([, good]) => !good);
  if (wrong !== undefined) throw refuse(`"${wrong[0]}" is ${JSON.stringify(json[wrong[0] as keyof RunPosition])}`);
  return json;
}

export const settingOf = (
  net: Network,
  { loss, optimizer, seed = 0 }: StepOptions,
  batchSize: number,
  examples: number,
): RunSetting => ({
  architecture: JSON.stringify(net),
  loss: nameOf(loss),
  optimizer: nameOf(optimizer),
  ...{ seed, batchSize, examples },
});

/** A loss's or an optimizer's name; of several, all of them. */
export const nameOf = (named: StepOptions["loss"] | StepOptions["optimizer"]): string =>
  typeof named.name === "string"
    ? named.name
    : Object.entries(named)
        .map(([output, { name }]) => `${output}: ${name}`)
        .join(", ");

/** Throws where a run that goes on would not be the run that stopped. */
export function checkSetting(before: RunSetting, now: RunSetting, place: string): void {
  for (const [key, value] of Object.entries(now) as [keyof RunSetting, RunSetting[keyof RunSetting]][]) {
    const was = before[key];
    if (was === value) continue;
    const [what, difference] =
      key === "architecture"
        ? ["network", "its layers differ"]
        : [key, `it was ${JSON.stringify(was)} and is ${JSON.stringify(value)} now`];
    throw new OptionError(
      `cannot go on with another ${what}: ${difference}. Give the same as before, or begin in another folder.`,
      { place, expected: was, actual: value },
    );
  }
}

/** JSON has no NaN and no Infinity, which scores may be. */
const odd = ["NaN", "Infinity", "-Infinity"];
const writeOdd = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const readOdd = (_: string, value: unknown): unknown =>
  typeof value === "string" && odd.includes(value) ? Number(value) : value;
