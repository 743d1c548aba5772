import { FormatError } from "../base/errors.js";
import { type Json, readOddNumbers, writeOddNumbers } from "../base/json.js";
import type { Tensor } from "../base/tensor.js";
import { readSafetensors } from "../formats/index.js";
import type { Network } from "../runtime/index.js";
import type { EpochCountState } from "./epochCount.js";
import type { EpochRecord, Run } from "./record.js";
import { saveBytes } from "./save.js";
import type { RunSetting } from "./setting.js";

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
  readonly best?: Run["best"];
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
/** Of the position. */
const VERSION = 2;
const BEST = "best/";

/**
 * A checkpoint as the bytes of one safetensors file: the weights under their names, so that `load` opens it as a network,
 * the optimizer's state and the best weights beside them, and in the metadata where the run has got to.
 */
export function checkpointBytes(net: Network, { position, state, best = new Map() }: Checkpoint): Uint8Array {
  const kept = [...best].map(([name, tensor]): [string, Tensor] => [BEST + name, tensor]);
  return saveBytes(net, new Map([...state, ...kept]), {
    [POSITION]: JSON.stringify({ version: VERSION, ...position }, writeOddNumbers),
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
  const state = new Map(entries.filter(([key]) => !key.startsWith(BEST)));
  const best = new Map(entries.filter(([key]) => key.startsWith(BEST)).map(([key, t]) => [key.slice(BEST.length), t]));
  for (const [weight, { shape }] of best)
    if (state.get(weight)?.shape.join() !== shape.join())
      throw new FormatError(`"${BEST}${weight}" is not the shape of the weight. Take an older checkpoint.`, {
        place: name,
        expected: state.get(weight)?.shape,
        actual: shape,
      });
  return { position, state, ...(best.size > 0 && { best }) };
}

function positionOf(written: string, place: string): RunPosition {
  const refuse = (what: string) =>
    new FormatError(`its training run is damaged: ${what}. Take an older checkpoint.`, { place });
  let json: RunPosition & { version: number };
  try {
    json = JSON.parse(written, readOddNumbers);
  } catch {
    throw refuse("it is not JSON");
  }
  if (typeof json !== "object" || json === null) throw refuse("it is no object");
  if (json.version !== VERSION) {
    const wayOut = json.version < VERSION ? "Go on with the midst that made it, or begin anew." : "Update midst.";
    throw new FormatError(`its training run has the version ${json.version}, this midst reads ${VERSION}. ${wayOut}`, {
      place,
      expected: VERSION,
      actual: json.version,
    });
  }
  const wrong = Object.entries({
    setting: object(json.setting),
    count: whole(json.count, 0),
    epoch: whole(json.epoch, 1),
    learningRateFactor: Number.isFinite(json.learningRateFactor),
    history: Array.isArray(json.history) && json.history.every(isRecord),
    callbacks: object(json.callbacks),
    warnings: Array.isArray(json.warnings),
    counted: json.counted === undefined || isCount(json.counted),
    best: json.best === undefined || (object(json.best) && whole(json.best.epoch, 1) && isNumber(json.best.score)),
  }).find(([, good]) => !good);
  if (wrong !== undefined) throw refuse(`"${wrong[0]}" is ${JSON.stringify(json[wrong[0] as keyof RunPosition])}`);
  return json;
}

const whole = (value: unknown, low: number): boolean => Number.isInteger(value) && (value as number) >= low;
const isNumber = (value: unknown): boolean => typeof value === "number";
const object = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isRecord = (value: Partial<EpochRecord>): boolean =>
  object(value) &&
  [value.epoch, value.step].every((n) => whole(n, 1)) &&
  [value.learningRate, value.seconds, value.examplesPerSecond, value.waiting].every(isNumber) &&
  [value.training, value.validation ?? {}].every((scores) => object(scores) && Object.values(scores).every(isNumber));

const isCount = (value: EpochCountState): boolean =>
  object(value) &&
  [value.steps, value.examples].every((n) => whole(n, 0)) &&
  object(value.means) &&
  Object.values(value.means).every((share) => Array.isArray(share) && share.length === 2 && share.every(isNumber)) &&
  Array.isArray(value.counters);
