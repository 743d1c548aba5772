import { OptionError } from "../base/errors.js";
import type { Encoding } from "../data/index.js";
import * as midst from "../index.js";
import { type Layer, type Network, sequential } from "../index.js";
import type { Source } from "./data.js";

/** One layer as it is written: `["conv2d", 32, 3, { padding: "same" }]`. */
type LayerCall = readonly [name: LayerName, ...args: unknown[]];

const makers = {
  batchNorm: midst.batchNorm,
  conv2d: midst.conv2d,
  dense: midst.dense,
  dropout: midst.dropout,
  flatten: midst.flatten,
  globalAvgPool: midst.globalAvgPool,
  maxPool2d: midst.maxPool2d,
  relu: midst.relu,
} as const;

type LayerName = keyof typeof makers;

/** What to train and how: built and printed from the same record, so that what is printed is what is done. */
export interface Recipe {
  readonly input: readonly number[];
  readonly layers: readonly LayerCall[];
  readonly loss: "crossEntropy" | "mse";
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly augment: { readonly flip?: boolean; readonly shift?: number } | undefined;
  readonly seed: number;
}

/** The networks one can ask for by name. */
export const netNames = ["auto", "cnn", "mlp", "linear"] as const;
export type NetName = (typeof netNames)[number];

/** Chooses a network for the data. */
export function chooseRecipe(source: Source, asked: NetName, seed: number): Recipe {
  const input = Object.values(source.training.inputShapes)[0] as readonly number[];
  const outputs = source.classes?.length ?? 1;
  const pictures = source.encoding.kind === "images";
  const net = asked === "auto" ? (pictures ? "cnn" : "mlp") : asked;
  if (net === "cnn" && !pictures)
    throw new OptionError('"cnn" is for pictures; this is a table. Use --net mlp.', { place: "--net", actual: asked });
  const layers = { cnn: () => cnn(input), mlp: () => mlp(input), linear: () => flat(input) }[net]();
  return {
    input,
    layers: [...layers, ["dense", outputs]],
    loss: source.classes ? "crossEntropy" : "mse",
    learningRate: net === "linear" ? 1e-2 : pictures ? 2e-3 : 3e-3,
    batchSize: source.training.length > 20_000 ? 64 : 32,
    epochs: epochsFor(source.training.length, source.encoding),
    augment:
      pictures && net === "cnn" && (input[1] as number) >= 32
        ? { flip: true, shift: Math.round((input[1] as number) / 16) }
        : undefined,
    seed,
  };
}

const flat = (input: readonly number[]): LayerCall[] => (input.length > 1 ? [["flatten"]] : []);

const mlp = (input: readonly number[]): LayerCall[] => [
  ...flat(input),
  ["dense", 128],
  ["relu"],
  ["dense", 64],
  ["relu"],
];

/** Convolution, normalisation, ReLU, pooling: the picture halves and the kernels double until it is 4 to 7 pixels wide. */
function cnn([, height = 1, width = 1]: readonly number[]): LayerCall[] {
  const layers: LayerCall[] = [];
  let side = Math.min(height, width);
  for (let filters = side >= 48 ? 16 : 32; side >= 6; filters = Math.min(128, filters * 2)) {
    layers.push(["conv2d", filters, 3, { padding: "same" }], ["batchNorm"], ["relu"], ["maxPool2d", 2]);
    side = Math.floor(side / 2);
  }
  return [...layers, ["flatten"], ["dropout", 0.3]];
}

/** More passes over small data, fewer over large: about 16,000 pictures or 600,000 rows are looked at. */
function epochsFor(length: number, encoding: Encoding): number {
  const [seen, most] = encoding.kind === "images" ? [16_000, 30] : [600_000, 60];
  return Math.max(3, Math.min(most, Math.round(seen / length)));
}

/** The network of a recipe. */
export function buildNet({ input, layers, seed }: Recipe): Network {
  const built = layers.map(([name, ...args]) => (makers[name] as (...args: unknown[]) => Layer)(...args));
  return sequential({ input, seed }, ...built);
}

/** The TypeScript program that does what the recipe does. */
export function recipeCode(recipe: Recipe, source: Source, out: string): string {
  const { input, layers, loss, learningRate, batchSize, epochs, augment, seed } = recipe;
  const metric = source.classes ? "accuracy" : "rSquared";
  const imports: Record<string, readonly string[]> = {
    ...source.imports,
    midst: [
      ...(source.imports.midst ?? []),
      "adam",
      "cosine",
      metric,
      "evaluate",
      "fit",
      loss,
      "sequential",
      ...layers.map(([name]) => name),
    ],
    "midst/node": [...(source.imports["midst/node"] ?? []), "save"],
    ...(augment && { "midst/data": [...(source.imports["midst/data"] ?? []), "augment"] }),
  };
  const lines = Object.entries(imports)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([entry, names]) => `import { ${[...new Set(names)].sort().join(", ")} } from "${entry}";`);
  const data = augment ? `augment(training, ${literal(augment)})` : "training";
  return [
    ...lines,
    "",
    ...source.code,
    `const net = sequential({ input: ${literal(input)}, seed: ${seed} },`,
    ...layers.map(
      ([name, ...args], i) => `  ${name}(${args.map(literal).join(", ")})${i < layers.length - 1 ? "," : ");"}`,
    ),
    `const steps = ${epochs} * Math.ceil(training.length / ${batchSize});`,
    `await fit(net, ${data}, {`,
    `  loss: ${loss}(), optimizer: adam({ learningRate: cosine(${learningRate}, steps) }), epochs: ${epochs}, batchSize: ${batchSize}, seed: ${seed}, metrics: [${metric}()],`,
    "});",
    `console.log(await evaluate(net, test, { metrics: [${metric}()] }));`,
    `await save(net, ${literal(out)});`,
  ].join("\n");
}

/** A value as TypeScript writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, v]) => `${key}: ${literal(v)}`)
      .join(", ")} }`;
  return JSON.stringify(value);
}
