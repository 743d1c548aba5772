import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage, type ImageEncoding } from "../data/index.js";
import type { Network, Tensor } from "../index.js";
import { scaleFor } from "../look/colour.js";
import { enlarge, heatmap, type Picture, tiles } from "../look/picture.js";
import { renderPicture, type TerminalOptions } from "../look/terminal.js";
import { trace } from "../look/trace.js";
import { writePng } from "../node/index.js";
import { type Answer, formatAnswer, guessesFrom } from "./predict.js";

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

/** A picture, what the network takes it for, and every hidden layer that has maps, as text; and as PNG when asked. */
export async function lookAt(
  net: Network,
  picture: Tensor,
  encoding: ImageEncoding,
  options: LookAtOptions,
): Promise<Looked> {
  const hidden = await trace(net, picture);
  const answer = {
    example: options.name,
    guesses: guessesFrom(Object.values(hidden.outputs)[0]?.data as Float32Array, encoding.classes),
  };
  const columns = options.width ?? process.stdout.columns ?? 80;
  const terminal: TerminalOptions = { columns, colours: coloursOf(process.stdout) };
  const original = pictureOf(encoding, picture.data as Float32Array);
  const parts = [renderPicture(original, terminal), formatAnswer(answer)];
  const { layer, kind = "" } = options;
  const wanted = [...hidden.value].filter(([name]) => (layer === undefined ? name.startsWith(kind) : name === layer));
  if (layer !== undefined) hidden.get(layer);
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  for (const [name, values] of wanted) {
    parts.push(`${name} [${values.shape.slice(1).join(", ")}]`);
    const maps = mapsOf(values);
    if (maps.length === 0) continue;
    const [, , , side = 1] = values.shape;
    parts.push(
      renderPicture(tiles(maps.slice(0, SHOWN), { columns: Math.max(1, Math.floor(columns / (side + 1))) }), terminal),
    );
    if (options.out !== undefined)
      await writePng(
        join(options.out, `${name.replaceAll("/", ".")}.png`),
        enlarge(tiles(maps), Math.max(1, Math.floor(128 / side))),
      );
  }
  parts.push(`check: going on from any of these layers gives the output to within ${hidden.check}`);
  const layers = wanted.map(([name, { shape }]) => ({ name, shape: shape.slice(1) }));
  return { text: parts.join("\n"), answer, layers, check: hidden.check };
}

/** The maps of one example [1, C, H, W], all on the layer's scale; none for layers without positions. */
function mapsOf({ shape, data }: Tensor): Picture[] {
  const [, channels = 0, height, width] = shape;
  if (height === undefined || width === undefined) return [];
  const scale = scaleFor(data);
  const area = height * width;
  return Array.from({ length: channels }, (_, c) =>
    heatmap(data.subarray(c * area, (c + 1) * area), height, width, scale),
  );
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

function coloursOf(out: NodeJS.WriteStream): "full" | "256" | "none" {
  if (!out.isTTY || process.env.NO_COLOR) return "none";
  return out.getColorDepth() >= 24 ? "full" : out.getColorDepth() >= 8 ? "256" : "none";
}
