import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError, OptionError } from "../base/errors.js";
import { augment, type Dataset, fashionClasses, mnist } from "../data/index.js";
import { drawnLeaves } from "../data/leaves/index.js";
import { subfolders } from "../node/folders.js";
import { imageFiles, imageFolder, readBytes } from "../node/index.js";
import { LEAVES } from "./data.js";
import { type Imports, literal } from "./literal.js";

/** Pictures for a game, in -1..1, and how the same are got in TypeScript. */
export interface GameSource {
  /** What they are, in one line. */
  readonly about: string;
  readonly training: Dataset;
  /** [channels, side, side], pixels. */
  readonly shape: readonly [1 | 3, GameSize, GameSize];
  /** Where the networks are told each picture's. */
  readonly classes?: readonly string[];
  /** The lines of TypeScript that make `training`. */
  readonly code: readonly string[];
  readonly imports: Imports;
}

export interface GameSourceOptions {
  readonly size?: number;
  readonly grey?: boolean;
  readonly conditional?: boolean;
  /** Whether pictures are mirrored at random, where that leaves them what they are; defaults to true. */
  readonly augment?: boolean;
  readonly skipBad?: boolean;
  readonly seed: number;
}

/** Sides of pictures that a game is made for. */
const sizes = [28, 32, 64] as const;
type GameSize = (typeof sizes)[number];

/** Black is -1 and white is 1, as a generator that ends in tanh makes them. */
const SIGNED = { mean: 0.5, deviation: 0.5 };
const LEAVES_PER_CLASS = 160;

/**
 * @throws OptionError for an option that this data cannot follow
 * @throws DataError for data that is none of pictures
 */
export async function gameSource(path: string, options: GameSourceOptions): Promise<GameSource> {
  const { size = 32 } = options;
  if (!isSize(size))
    throw new OptionError(`must be ${listed} with --gan, got ${size}.`, {
      place: "--size",
      expected: sizes,
      actual: size,
    });
  if (path === LEAVES) return leaves(size, options);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw new DataError(`there is no such file or folder. "${LEAVES}" stands for the built-in drawn leaves.`, {
      place: path,
    });
  if (!info.isDirectory())
    throw new DataError(
      `--gan is for a folder of pictures, a folder of idx files, or "${LEAVES}"; this is a file. Name its folder.`,
      { place: path },
    );
  const names = await readdir(path);
  if (names.some((name) => /train.*images.*idx/.test(name))) return idxPictures(path, names, options);
  const folder = (await subfolders(path)).includes("train") ? join(path, "train") : path;
  return options.conditional ? classFolders(folder, size, options) : pictures(folder, size, options);
}

const listed = `${sizes.slice(0, -1).join(", ")} or ${sizes.at(-1)}`;

const isSize = (size: number): size is GameSize => (sizes as readonly number[]).includes(size);

/** Mirrored at random, unless it is asked not to be. */
function varied(data: Dataset, code: string, { augment: asked = true }: GameSourceOptions) {
  if (!asked) return { training: data, code: [`const training = ${code};`], imports: {} };
  const options = { flip: true };
  return {
    training: augment(data, options),
    code: [`const training = augment(${code}, ${literal(options)});`],
    imports: { "midst/data": ["augment"] },
  };
}

function leaves(size: GameSize, options: GameSourceOptions): GameSource {
  if (options.grey) throw new OptionError("the drawn leaves are in colour. Leave it out.", { place: "--grey" });
  const given = { perClass: LEAVES_PER_CLASS, seed: options.seed, size, ...SIGNED };
  const data = drawnLeaves(given);
  const { imports, ...made } = varied(data, `drawnLeaves(${literal(given)})`, options);
  return {
    about: `drawn leaves: ${data.length} pictures in colour, ${size}x${size}, drawn by a program, not photographed`,
    ...made,
    shape: [3, size, size],
    ...(options.conditional && data.classes && { classes: data.classes }),
    imports: { ...imports, "midst/data": ["drawnLeaves", ...(imports["midst/data"] ?? [])] },
  };
}

/** All pictures in a folder and in those in it, whatever they show. */
async function pictures(folder: string, size: GameSize, options: GameSourceOptions): Promise<GameSource> {
  const { given, shown, shape, read } = folderOptions(size, options);
  const data = await imageFiles(folder, given);
  const { imports, ...made } = varied(data, `await imageFiles(${literal(folder)}, ${shown})`, options);
  return {
    about: `${data.length} pictures of ${folder}, ${read}`,
    ...made,
    shape,
    imports: { ...imports, "midst/node": ["imageFiles"] },
  };
}

async function classFolders(folder: string, size: GameSize, options: GameSourceOptions): Promise<GameSource> {
  if ((await subfolders(folder)).length === 0)
    throw new OptionError(
      `needs a folder of pictures for each class, e.g. rose/ and tulip/; ${folder} has no folders in it. Make some, or leave it out.`,
      { place: "--conditional", actual: folder },
    );
  const { given, shown, shape, read } = folderOptions(size, options);
  const data = await imageFolder(folder, given);
  const { imports, ...made } = varied(data, `await imageFolder(${literal(folder)}, ${shown})`, options);
  return {
    about: `${data.length} pictures of ${data.classes.length} classes (${data.classes.join(", ")}), ${read}`,
    ...made,
    shape,
    classes: data.classes,
    imports: { ...imports, "midst/node": ["imageFolder"] },
  };
}

function folderOptions(size: GameSize, { grey = false, skipBad = false }: GameSourceOptions) {
  const channels = grey ? (1 as const) : (3 as const);
  const plain = { size, channels, ...SIGNED, ...(skipBad && { badFiles: "skip" as const }) };
  const onSkip = (file: string, why: string) => void process.stderr.write(`left out ${file}: ${why}\n`);
  return {
    given: skipBad ? { ...plain, onSkip } : plain,
    shown: literal(plain),
    shape: [channels, size, size] as const,
    read: `read as ${size}x${size} in ${grey ? "grey" : "colour"}`,
  };
}

/** The training pictures of MNIST's files, or those of its family. They are not mirrored: digits would be no more. */
async function idxPictures(folder: string, names: readonly string[], options: GameSourceOptions): Promise<GameSource> {
  const find = (what: string): string => {
    const name = names.find((candidate) => new RegExp(`train.*${what}.*idx`).test(candidate));
    if (name === undefined) throw new DataError(`has no file like train-${what}-idx.`, { place: folder });
    return join(folder, name);
  };
  const [images, labels] = [find("images"), find("labels")];
  const isFashion = /fashion/i.test(folder);
  const data = mnist(await readBytes(images), await readBytes(labels), {
    ...SIGNED,
    imagesName: images,
    labelsName: labels,
    ...(isFashion && { classes: fashionClasses }),
  });
  const [, height = 0, width = 0] = data.inputShapes.input ?? [];
  if (!isSize(height) || height !== width)
    throw new DataError(
      `its pictures are ${height}x${width}, --gan takes ${listed} pixels square. Write them as PNG files: those are resized.`,
      { place: images, expected: sizes, actual: [height, width] },
    );
  if (options.size !== undefined && options.size !== height)
    throw new OptionError(
      `is for pictures that are resized; those of idx files are ${height}x${width}. Leave it out.`,
      {
        place: "--size",
        expected: height,
        actual: options.size,
      },
    );
  const shown = isFashion ? "{ mean: 0.5, deviation: 0.5, classes: fashionClasses }" : literal(SIGNED);
  return {
    about: `${data.length} grey pictures ${height}x${width}${options.conditional ? ` in ${data.classes?.length} classes` : ""}`,
    training: data,
    shape: [1, height, height],
    ...(options.conditional && data.classes && { classes: data.classes }),
    code: [
      `const training = mnist(await readBytes(${literal(images)}), await readBytes(${literal(labels)}), ${shown});`,
    ],
    imports: { "midst/data": isFashion ? ["fashionClasses", "mnist"] : ["mnist"], "midst/node": ["readBytes"] },
  };
}
