import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { OptionError } from "../base/errors.js";
import { printable } from "../base/text.js";
import type { ImageEncoding, LatentEncoding } from "../data/index.js";
import type { Network, Tensor } from "../index.js";
import { pictureGrid, renderPicture } from "../look/index.js";
import { asDataError } from "../node/files.js";
import { writeBytes, writePng } from "../node/index.js";
import { nodePictures } from "../node/pictures.js";
import { rowsOf } from "../runtime/index.js";
import { pictureShape } from "./latent.js";
import { terminalOf } from "./lookAt.js";
import { type MadePictures, makePictures } from "./makePictures.js";
import { type CommonOptions, print } from "./output.js";

export interface DrawOptions extends CommonOptions {
  /** Pictures, or walks. */
  readonly count?: number;
  /** A PNG file for all of them. */
  readonly grid?: string;
  /** A folder for a PNG file each. */
  readonly out?: string;
  /** The class that all are of; defaults to all classes in turn. */
  readonly class?: string;
  /** Pictures of a walk from one noise to another. */
  readonly walk?: number;
  readonly seed: number;
}

/** Pictures that a generator makes: in a grid, in files of their own, or in the terminal. */
export async function drawPictures(
  net: Network,
  file: string,
  encoding: LatentEncoding,
  options: DrawOptions,
): Promise<void> {
  const { grid, out, json, seed } = options;
  checkFiles(options);
  const [, , width] = pictureShape(net, file);
  const shown = grid === undefined && out === undefined;
  const terminal = terminalOf({});
  const across = shown ? Math.max(1, Math.floor((terminal.columns + 1) / (width + 1))) : undefined;
  const made = await makePictures(net, file, encoding, { ...options, ...(across !== undefined && { across }) });
  const of = encoding.of?.kind === "images" ? encoding.of : undefined;
  if (shown && !json) {
    const picture = pictureGrid(made.pictures, { columns: made.columns, ...(of && { encoding: of }) });
    const ways = "Written by --grid FILE.png into one file, by --out FOLDER into one each.";
    return print(options, `${renderPicture(picture, terminal)}\n\n${made.about}. ${ways}`, {});
  }
  const files: string[] = [];
  if (grid !== undefined) {
    await writeBytes(grid, await nodePictures.grid(made.pictures, of, made.columns));
    files.push(grid);
  }
  if (out !== undefined) files.push(...(await writeEach(out, made, of)));
  const { about, columns, classes, pictures } = made;
  const saved = [grid, out].filter((path) => path !== undefined).join(" and ");
  const rest = { count: pictures.shape[0], columns, seed, ...(classes && { classes }) };
  print(options, `saved ${saved}: ${about}`, { files, ...rest });
}

/** Refuses names that say something else than what is written. */
function checkFiles({ grid, out, json }: DrawOptions): void {
  if (json && grid === undefined && out === undefined)
    throw new OptionError("lists the files that are written. Give --grid FILE.png or --out FOLDER.", {
      place: "--json",
    });
  if (grid !== undefined && !/\.png$/i.test(grid))
    throw new OptionError(`is written as PNG. Let the name end in .png, got "${grid}".`, {
      place: "--grid",
      actual: grid,
    });
  if (out !== undefined && /\.(png|jpe?g|webp)$/i.test(out))
    throw new OptionError(`is a folder, for a file each. For one file with all: --grid ${out}`, {
      place: "--out",
      actual: out,
    });
}

/** Each picture as it is, pixel by pixel. */
async function writeEach(
  folder: string,
  { pictures, names }: MadePictures,
  encoding: ImageEncoding | undefined,
): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw asDataError(error, printable(folder));
  }
  const files: string[] = [];
  for (const [i, name] of names.entries()) {
    const one: Tensor = rowsOf(pictures, i, i + 1);
    const path = join(folder, `${name}.png`);
    await writePng(path, pictureGrid(one, encoding && { encoding }));
    files.push(path);
  }
  return files;
}
