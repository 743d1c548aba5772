import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { countOf } from "../base/shape.js";
import { type Dataset, decodeImage, type ImageEncoding } from "../data/index.js";
import type { Network, Tensor } from "../index.js";
import {
  enlarge,
  featureMaps,
  health,
  healthTable,
  kernels,
  type Picture,
  renderFeatureMaps,
  renderPicture,
  type TerminalOptions,
  type Trace,
  trace,
} from "../look/index.js";
import { writePng } from "../node/index.js";
import { guesses } from "../runtime/index.js";
import { type Answer, formatAnswer } from "./predict.js";

export interface LookAtOptions {
  /** What the picture is called. */
  readonly name: string;
  /** Only this layer. */
  readonly layer?: string;
  /** Only layers whose name begins so, e.g. "relu". */
  readonly kind?: string;
  /** Columns of the terminal; defaults to its own width, or 80. */
  readonly width?: number;
  /** A folder for PNG files, one per layer. */
  readonly out?: string;
  /** Data on which each layer's health is measured. */
  readonly probe?: Dataset;
}

export interface Looked {
  readonly text: string;
  readonly answer: Answer;
  readonly layers: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** The trace's residual. */
  readonly check: number;
}

/** How many feature maps of a layer are shown in the terminal. */
const SHOWN = 16;
/** The least width of a tile in a PNG file, in pixels. */
const TILE = 96;

/**
 * A picture, what the network takes it for, the first layer's kernels, the feature maps of every hidden layer that has
 * some, and each layer's health on the probe data: as text, and as PNG when asked.
 */
export async function lookAt(
  net: Network,
  picture: Tensor,
  encoding: ImageEncoding,
  options: LookAtOptions,
): Promise<Looked> {
  const hidden = await trace(net, picture);
  const scores = Object.values(hidden.outputs)[0]?.data as Float32Array;
  const answer = { example: options.name, guesses: guesses(scores, encoding.classes) };
  const terminal = terminalOf(options);
  const parts = [renderPicture(pictureOf(encoding, picture.data as Float32Array), terminal), formatAnswer(answer)];
  const seen = await showLayers(hidden, terminal, options);
  if (options.layer === undefined) parts.push(...(await firstKernels(net, hidden, terminal, options.out)));
  parts.push(...seen.parts);
  if (options.probe !== undefined) parts.push(healthTable((await health(net, options.probe)).value));
  return { text: [...parts, seen.checked].join("\n\n"), answer, layers: seen.layers, check: hidden.check };
}

export const terminalOf = ({ width }: { readonly width?: number }) => ({
  columns: width ?? process.stdout.columns ?? 80,
  colours: coloursOf(process.stdout),
});

/** The feature maps of the hidden layers that have some; as PNG files, too, where a folder is given. */
export async function showLayers(
  hidden: Trace,
  terminal: TerminalOptions,
  { layer, kind = "", out }: Pick<LookAtOptions, "layer" | "kind" | "out">,
): Promise<{ parts: string[]; layers: Looked["layers"]; checked: string }> {
  if (layer !== undefined) hidden.get(layer);
  if (out !== undefined) await mkdir(out, { recursive: true });
  const names = [...hidden.value.keys()].filter((name) =>
    layer === undefined ? name.startsWith(kind) : name === layer,
  );
  const parts: string[] = [];
  for (const name of names) {
    const [, units = 1, height, width] = hidden.get(name).shape;
    if (height === undefined || width === undefined) continue;
    const shown = featureMaps(hidden, name, { units: Array.from({ length: Math.min(units, SHOWN) }, (_, i) => i) });
    parts.push(renderFeatureMaps(shown.value, terminal));
    if (out === undefined) continue;
    const { sheet } = featureMaps(hidden, name).value;
    await writePng(join(out, fileOf(name)), enlarge(sheet, Math.max(1, Math.floor(TILE / width))));
  }
  return {
    parts,
    layers: names.map((name) => ({ name, shape: hidden.get(name).shape.slice(1) })),
    checked: `check: going on from any of these layers gives the network's output to within ${hidden.check}`,
  };
}

const fileOf = (layer: string): string => `${layer.replaceAll("/", ".")}.png`;

/** The kernels of the first layer that has some. */
async function firstKernels(net: Network, hidden: Trace, terminal: TerminalOptions, out?: string): Promise<string[]> {
  const layer = [...hidden.value.keys()].find((name) => (net.weights.get(`${name}.weight`)?.shape.length ?? 0) > 2);
  if (layer === undefined) return [];
  const { value } = await kernels(net, layer);
  const side = value.templates.shape.at(-1) as number;
  if (out !== undefined)
    await writePng(join(out, `${layer}.kernels.png`), enlarge(value.sheet, Math.max(1, Math.floor(TILE / side))));
  const count = countOf(value.templates.shape.slice(0, 1));
  return [
    `${layer}: ${count} kernels${value.inColour ? " in colour, grey is no weight" : ""}`,
    renderPicture(value.sheet, terminal),
  ];
}

/** The picture that was encoded, as bytes [height, width, 3]. */
function pictureOf(encoding: ImageEncoding, values: Float32Array): Picture {
  const [channels, height, width] = encoding.shape;
  const bytes = Uint8Array.from(decodeImage(encoding, values));
  const data =
    channels === 3
      ? bytes
      : Uint8Array.from({ length: 3 * height * width }, (_, i) => bytes[Math.floor(i / 3)] as number);
  return { width, height, data };
}

export function coloursOf(out: NodeJS.WriteStream): NonNullable<TerminalOptions["colours"]> {
  if (!out.isTTY || process.env.NO_COLOR) return "none";
  return out.getColorDepth() >= 24 ? "full" : out.getColorDepth() >= 8 ? "256" : "none";
}
