import { extname, join } from "node:path";
import { DataError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { printable, quote } from "../base/text.js";
import type { SoundEncoding, SoundFeatures } from "../data/encoding.js";
import { encodeSounds, type LabelledSounds, type SoundDataset, soundData } from "../data/sound/data.js";
import { soundFeatures } from "../data/sound/features.js";
import { type Sound, wav } from "../data/sound/wav.js";
import { readBytes } from "./files.js";
import { filesIn, partFolders, refuseParts, subfolders } from "./folders.js";

/**
 * The sound in a WAV file.
 * @throws DataError when there is no such file, or it is larger than 1 GiB
 * @throws FormatError when it is no WAV file, is cut short, or says what cannot be
 */
export const readSound = async (path: string): Promise<Sound> =>
  wav(await readBytes(path, { limit: 2 ** 30 }), { name: printable(path) });

export interface SoundFolderOptions {
  /** What is measured. Defaults to `soundFeatures({ rate })` with the lowest rate in the folder, at most 16,000 Hz. */
  readonly features?: SoundFeatures;
  /** Stretches of an example; longer sounds are cut. Defaults to the longest sound's. */
  readonly length?: number;
  /** How a network was trained, instead of the other options. */
  readonly encoding?: SoundEncoding;
}

/**
 * The WAV files of a folder, in memory: either a folder for each class, or files whose names begin with the class and `_`,
 * as `7_anna_3.wav`. Examples are in order of name.
 * @throws DataError when there are no sounds, or fewer than two classes
 * @throws FormatError naming a file that cannot be used
 */
export async function soundFolder(path: string, options: SoundFolderOptions = {}): Promise<SoundDataset> {
  checkOptions("soundFolder", options, ["features", "length", "encoding"]);
  const { features, length, encoding } = options;
  const sounds = await readFolder(path);
  if (encoding !== undefined) return encodeSounds(sounds, encoding);
  const lowest = sounds.sounds.reduce((least, { rate }) => Math.min(least, rate), 16_000);
  return soundData(sounds, {
    features: features ?? soundFeatures({ rate: lowest }),
    ...(length !== undefined && { length }),
  });
}

/** The parts of a data set, with the same classes and the same encoding. */
export interface SoundFolders {
  readonly train: SoundDataset;
  readonly test?: SoundDataset;
  readonly validation?: SoundDataset;
}

/**
 * The data sets in the folders `train`, `test` and `validation` (or `val`, `valid`) of a folder, encoded as `train` is.
 * @throws DataError when there is no `train`, and as `soundFolder`
 */
export async function soundFolders(
  path: string,
  options: Omit<SoundFolderOptions, "encoding"> = {},
): Promise<SoundFolders> {
  checkOptions("soundFolders", options, ["features", "length"]);
  const parts = await partFolders(path, "Use soundFolder()");
  const train = await soundFolder(parts.train, options);
  const { encoding } = train;
  return {
    train,
    ...(parts.test !== undefined && { test: await soundFolder(parts.test, { encoding }) }),
    ...(parts.validation !== undefined && { validation: await soundFolder(parts.validation, { encoding }) }),
  };
}

/** Sounds of other kinds are named and not passed over, or a folder of them would seem empty. */
const unread = new Set([".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma"]);

async function readFolder(path: string): Promise<LabelledSounds> {
  const place = printable(path);
  const folders = await subfolders(path);
  const found: { name: string; file: string }[] = [];
  refuseParts(path, folders, "soundFolders");
  if (folders.length > 0)
    for (const name of folders) {
      const files = await soundsIn(join(path, name));
      if (files.length === 0)
        throw new DataError(`the class folder ${quote(name)} has no WAV files. Add some, or remove it.`, { place });
      found.push(...files.map((file) => ({ name, file: join(path, name, file) })));
    }
  else
    for (const file of await soundsIn(path)) {
      const end = file.indexOf("_");
      if (end < 1)
        throw new DataError(
          `the name of ${quote(file)} does not begin with a class and _, as 7_anna_3.wav. Rename it, or make a folder for each class.`,
          { place },
        );
      found.push({ name: file.slice(0, end), file: join(path, file) });
    }
  const names = [...new Set(found.map(({ name }) => name))];
  if (found.length === 0) throw new DataError("there are no WAV files in it.", { place });
  if (names.length < 2)
    throw new DataError(`there is one class only, ${quote(names[0] as string)}; telling classes apart needs two.`, {
      place,
    });
  const sounds: Sound[] = [];
  for (const { file } of found) sounds.push(await readSound(file));
  return { sounds, labels: found.map(({ name }) => names.indexOf(name)), classes: names.map(printable) };
}

/** The names of the WAV files in a folder. */
async function soundsIn(folder: string): Promise<string[]> {
  const files = await filesIn(folder);
  const other = files.find((file) => unread.has(extname(file).toLowerCase()));
  if (other !== undefined)
    throw new DataError("is a sound, but no WAV file, the only kind that is read. Convert it to WAV.", {
      place: printable(join(folder, other)),
    });
  return files.filter((file) => extname(file).toLowerCase() === ".wav");
}
