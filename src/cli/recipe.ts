import { OptionError } from "../base/errors.js";
import { type Dataset, isLabelled } from "../data/dataset.js";
import type { Call, InputRecipe, LayerName } from "./call.js";
import { isLanguage, type Source } from "./data.js";
import { STEPS } from "./literal.js";
import {
  type SequenceEncoding,
  type SequenceNet,
  sequenceHabits,
  sequenceInput,
  sequenceLayers,
} from "./recipeSequence.js";

/** Examples whose hidden layers are looked at after each epoch. */
export const LOOKED_AT = 64;

export type NetRecipe =
  | { readonly layers: readonly Call<LayerName>[] }
  | { readonly depth: number; readonly classes: number }
  /** A file saved before. */
  | { readonly saved: string };

/** What to train and how: built and printed from the same record, so that what is printed is what is done. */
export interface Recipe {
  /** What `sequential` is told of its input. */
  readonly input: InputRecipe;
  readonly net: NetRecipe;
  readonly loss: Call<"crossEntropy" | "mse" | "pinball">;
  readonly optimizer: { readonly name: OptimizerName; readonly options: Readonly<Record<string, unknown>> };
  /** Of kernels and matrices; biases and scales have none. */
  readonly weightDecay: number | undefined;
  readonly schedule: Call<"constant" | "cosine" | "stepDecay" | "oneCycle">;
  readonly augment: Readonly<Record<string, unknown>> | undefined;
  /** Mixup's alpha. */
  readonly mixup: number | undefined;
  readonly plateau: { readonly patience: number } | undefined;
  /** What `fit` is given besides, as plain values. */
  readonly fit: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly seed: number;
    readonly validation?: number;
    readonly accumulate?: number;
    readonly [name: string]: unknown;
  };
}

/** The networks one can ask for by name. */
export const netNames = ["auto", "cnn", "mlp", "linear", "lstm", "gru", "resnet20", "resnet56", "resnet110"] as const;
export type NetName = (typeof netNames)[number];

export const optimizerNames = ["adam", "adamW", "rmsprop", "sgd"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

export const scheduleNames = ["constant", "cosine", "step", "one-cycle"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** What of a recipe can be asked for. */
export interface Wishes {
  readonly net: NetName;
  readonly seed: number;
  readonly from?: string;
  readonly freeze?: readonly string[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly optimizer?: OptimizerName;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly schedule?: ScheduleName;
  readonly warmUp?: number;
  readonly plateau?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly accumulate?: number;
  readonly average?: number;
  readonly labelSmoothing?: number;
  readonly classWeights?: boolean;
  readonly mixup?: number;
  readonly augment?: boolean;
  readonly rotate?: number;
  readonly crop?: number;
  readonly colour?: number;
  readonly cutOut?: number;
  readonly validation?: number;
  readonly patience?: number;
  readonly monitor?: string;
  readonly keepBest?: boolean;
}

/** Chooses what was not asked for. */
export function chooseRecipe(source: Source, wishes: Wishes): Recipe {
  const { training, encoding, classes } = source;
  const input = Object.values(training.inputShapes)[0] as readonly number[];
  const pictures = encoding.kind === "images";
  const sequence =
    encoding.kind === "text" || encoding.kind === "sound" || encoding.kind === "series" ? encoding : undefined;
  const habits = sequence && sequenceHabits(sequence);
  const kind = wishes.net === "auto" ? (habits?.net ?? (pictures ? "cnn" : "mlp")) : wishes.net;
  checkKind(kind, pictures ? "pictures" : sequence ? "sequences" : "a table");
  const convolutional = pictures && kind !== "mlp" && kind !== "linear";
  const batchSize = wishes.batchSize ?? (training.length > 20_000 ? 64 : 32);
  const { optimizer = "adam", weightDecay, validation } = wishes;
  const learningRate = wishes.learningRate ?? habits?.learningRate ?? usualRate(kind, optimizer, pictures);
  refuseIdle(wishes, convolutional, source.validation !== undefined);
  const watching = wishes.patience !== undefined || wishes.plateau !== undefined || wishes.keepBest === true;
  const held = validation ?? (watching && source.validation === undefined ? 0.1 : undefined);
  const updates = Math.ceil((training.length * (1 - (held ?? 0))) / batchSize) / (wishes.accumulate ?? 1);
  return {
    input: sequence ? sequenceInput(sequence, input) : { input },
    net: wishes.from === undefined ? netFor(kind, input, classes?.length ?? 1, sequence) : { saved: wishes.from },
    loss: lossFor(source, wishes),
    optimizer: {
      name: optimizer,
      options: optimizer === "sgd" ? { momentum: 0.9 } : {},
    },
    weightDecay,
    schedule: scheduleFor(wishes, learningRate, updates),
    augment: convolutional ? augmentFor(input, wishes) : undefined,
    mixup: wishes.mixup,
    plateau: wishes.plateau === undefined ? undefined : { patience: wishes.plateau },
    fit: {
      epochs: wishes.epochs ?? epochsFor(training.length, habits?.seen ?? (pictures ? [16_000, 30] : [600_000, 60])),
      batchSize,
      seed: wishes.seed,
      ...((wishes.clipNorm ?? wishes.clipValue ?? habits) !== undefined && {
        clip: {
          // Through time, gradients may grow without bound (Pascanu et al. 2013).
          ...(wishes.clipNorm !== undefined ? { norm: wishes.clipNorm } : habits && { norm: 1 }),
          ...(wishes.clipValue !== undefined && { value: wishes.clipValue }),
        },
      }),
      ...(wishes.accumulate !== undefined && { accumulate: wishes.accumulate }),
      ...(wishes.average !== undefined && { average: wishes.average }),
      ...(wishes.freeze !== undefined && { frozen: wishes.freeze }),
      ...(held !== undefined && { validation: held }),
      ...(wishes.patience !== undefined && { patience: wishes.patience }),
      ...(wishes.monitor !== undefined && { monitor: wishes.monitor }),
      ...((wishes.keepBest || source.validation) && { keep: "best" }),
    },
  };
}

function checkKind(kind: string, data: "pictures" | "sequences" | "a table"): void {
  const [made, instead] =
    kind === "cnn" || kind.startsWith("resnet")
      ? ["pictures", data === "sequences" ? "lstm" : "mlp"]
      : kind === "lstm" || kind === "gru"
        ? ["sequences", "mlp"]
        : [data === "sequences" ? "pictures and tables" : data, "lstm"];
  if (made !== data)
    throw new OptionError(`"${kind}" is for ${made}; this is ${data}. Use --net ${instead}.`, {
      place: "--net",
      actual: kind,
    });
}

/** Throws for a wish that would change nothing. */
function refuseIdle(wishes: Wishes, convolutional: boolean, divided: boolean): void {
  const { schedule, plateau, warmUp, from, net } = wishes;
  const cosine = schedule === "cosine" || (schedule === undefined && plateau === undefined);
  const pictures = { rotate: wishes.rotate, crop: wishes.crop, colour: wishes.colour, "cut-out": wishes.cutOut };
  const varied = convolutional && wishes.augment !== false;
  const idle: [option: string, given: boolean, why: string][] = [
    ["warm-up", warmUp !== undefined && !cosine, "is for the cosine. Give --schedule cosine"],
    [
      "validation",
      divided && wishes.validation !== undefined,
      "is by chance; a series is divided by time. Leave it out",
    ],
    ["net", from !== undefined && net !== "auto", "and --from both say what to train. Give one of them"],
    ...Object.entries(pictures).map(([option, value]): [string, boolean, string] => [
      option,
      value !== undefined && !varied,
      "is for pictures that are varied: of a convolutional network, without --no-augment. Leave it out",
    ]),
  ];
  for (const [option, given, why] of idle) if (given) throw new OptionError(`${why}.`, { place: `--${option}` });
}

function usualRate(kind: string, optimizer: OptimizerName, pictures: boolean): number {
  const forAdam = kind === "linear" ? 1e-2 : pictures ? 2e-3 : 3e-3;
  return optimizer === "sgd" ? 25 * forAdam : forAdam;
}

function lossFor({ training, classes, encoding }: Source, wishes: Wishes): Recipe["loss"] {
  const { labelSmoothing, classWeights, mixup } = wishes;
  if (classes === undefined) {
    if (labelSmoothing !== undefined || classWeights || mixup !== undefined)
      throw new OptionError("are for classes; here there are none. Leave them out.", {
        place: "--label-smoothing, --class-weights, --mixup",
      });
    if (encoding.kind === "series") return ["pinball", encoding.quantiles];
    return [isLanguage(encoding) ? "crossEntropy" : "mse"];
  }
  const options = {
    ...(labelSmoothing !== undefined && { labelSmoothing }),
    ...(classWeights && { classWeights: balanced(training, classes.length) }),
  };
  return Object.keys(options).length === 0 ? ["crossEntropy"] : ["crossEntropy", options];
}

/** Weights by which every class counts the same, however many examples it has; they are 1 on average. */
function balanced(training: Dataset, classes: number): number[] {
  if (!isLabelled(training))
    throw new OptionError("the labels of this data cannot be counted. Leave it out.", { place: "--class-weights" });
  const counts = new Array<number>(classes).fill(0);
  for (const label of Array.from(training.labels)) counts[label] = (counts[label] as number) + 1;
  return counts.map((count) => Number((training.labels.length / (classes * Math.max(1, count))).toPrecision(4)));
}

/** @param perEpoch updates of the weights in an epoch */
function scheduleFor({ schedule, warmUp = 0, plateau }: Wishes, rate: number, perEpoch: number): Recipe["schedule"] {
  switch (schedule ?? (plateau === undefined ? "cosine" : "constant")) {
    case "constant":
      return ["constant", rate];
    case "step":
      return ["stepDecay", rate, Math.max(1, Math.round(10 * perEpoch))];
    case "one-cycle":
      return ["oneCycle", rate, STEPS];
    default:
      return warmUp > 0 ? ["cosine", rate, STEPS, Math.round(warmUp * perEpoch)] : ["cosine", rate, STEPS];
  }
}

function augmentFor([channels, height = 1, width = 1]: readonly number[], wishes: Wishes): Recipe["augment"] {
  if (wishes.augment === false) return undefined;
  const { rotate, crop, colour, cutOut } = wishes;
  const asked = {
    ...(rotate !== undefined && { rotate }),
    ...(crop !== undefined && { crop }),
    ...(colour !== undefined && {
      brightness: colour,
      contrast: colour,
      ...(channels === 3 && { saturation: colour }),
    }),
    ...(cutOut !== undefined && { cutOut }),
  };
  const usual = height >= 32 ? { flip: true, shift: Math.round(Math.min(height, width) / 16) } : {};
  const all = { ...usual, ...asked };
  return Object.keys(all).length === 0 ? undefined : all;
}

function netFor(
  kind: Exclude<NetName, "auto">,
  input: readonly number[],
  outputs: number,
  sequence: SequenceEncoding | undefined,
): NetRecipe {
  if (sequence !== undefined) return { layers: sequenceLayers(kind as SequenceNet, sequence, outputs) };
  const depth = /^resnet(\d+)$/.exec(kind)?.[1];
  if (depth !== undefined) return { depth: Number(depth), classes: outputs };
  const layers = kind === "cnn" ? cnn(input) : kind === "mlp" ? mlp(input) : flat(input);
  return { layers: [...layers, ["dense", outputs]] };
}

const flat = (input: readonly number[]): Call<LayerName>[] => (input.length > 1 ? [["flatten"]] : []);

const mlp = (input: readonly number[]): Call<LayerName>[] => [
  ...flat(input),
  ["dense", 128],
  ["relu"],
  ["dense", 64],
  ["relu"],
];

/** Convolution, normalisation, ReLU, pooling: the picture halves and the kernels double until it is 4 to 7 pixels wide. */
function cnn([, height = 1, width = 1]: readonly number[]): Call<LayerName>[] {
  const layers: Call<LayerName>[] = [];
  let side = Math.min(height, width);
  for (let filters = side >= 48 ? 16 : 32; side >= 6; filters = Math.min(128, filters * 2)) {
    layers.push(["conv2d", filters, 3, { padding: "same" }], ["batchNorm"], ["relu"], ["maxPool2d", 2]);
    side = Math.floor(side / 2);
  }
  return [...layers, ["flatten"], ["dropout", 0.3]];
}

/** More passes over small data, fewer over large, until so many examples have been seen. */
function epochsFor(length: number, [seen, most]: readonly [number, number]): number {
  return Math.max(3, Math.min(most, Math.round(seen / length)));
}
