import { DataError } from "../base/errors.js";
import { printable, quote } from "../base/text.js";
import type { Dataset } from "../data/dataset.js";
import type { ImageEncoding } from "../data/encoding.js";
import { checkClasses, countClasses } from "../data/labels.js";
import { partFolders } from "./folders.js";
import { openPictures } from "./imageFolderOpen.js";
import { checkImageOptions, type ImageOptions, imageOptionNames } from "./imageFolderOptions.js";
import { listPictures, type SkippedFile, scanClasses } from "./imageFolderScan.js";

export interface ImageFolderOptions extends ImageOptions {
  /** The class names and their order. Defaults to the folders' names, in order; a class may then have no folder. */
  readonly classes?: readonly string[];
}

/** Pictures on disk, decoded when they are asked for. */
export interface ImageFiles extends Dataset {
  /** The path of each example. */
  readonly files: readonly string[];
  /** The files that were left out, and why. */
  readonly skipped: readonly SkippedFile[];
  readonly encoding: ImageEncoding;
}

/** Pictures on disk with one class each: a LabelledDataset. */
export interface ImageFolder extends ImageFiles {
  /** The folders' names, safe to print. */
  readonly classes: readonly string[];
  /** The class of each example, 0-based. */
  readonly labels: Int32Array;
}

/**
 * The pictures of a folder that holds one folder for each class: `rose/1.jpg`, `tulip/2.png`. JPEG, PNG and WebP; folders
 * within a class folder belong to it; hidden files and other kinds of file are passed over. Examples are in order of name.
 *
 * Batches are decoded in threads beside the main one and asked for ahead, training does not wait for them. Memory is
 * bounded by `cache`, however large the folder is.
 * @throws DataError when the folder is missing, has no classes or only one, or a class has no pictures; and with
 *   `badFiles: "refuse"` when a picture cannot be used, listing them by name
 * @throws OptionError for an option that does not exist or is out of its range
 */
export async function imageFolder(path: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const frame = checkImageOptions("imageFolder", options, [...imageOptionNames, "classes"]);
  const place = printable(path);
  if (options.classes !== undefined) checkClasses(options.classes, "imageFolder");
  const scan = await scanClasses(path, options.classes);
  const { classes } = scan;
  checkClasses(classes, place);
  const { found, skipped, encoding, inputs } = await openPictures(path, scan, frame);
  const labels = Int32Array.from(found, ({ label }) => label);
  const lost = countClasses(labels, classes.length).findIndex(
    (count, label) => count === 0 && scan.found.some((picture) => picture.label === label),
  );
  if (lost >= 0)
    throw new DataError(`no picture of the class ${quote(classes[lost] as string)} can be used. Add some.`, { place });
  return {
    length: found.length,
    inputShapes: { input: encoding.shape },
    targetShapes: { target: [] },
    classes,
    labels,
    encoding: { ...encoding, classes },
    files: found.map(({ file }) => file),
    skipped,
    async batch(indices) {
      const target = Int32Array.from(indices, (index) => labels[index] as number);
      return {
        inputs: await inputs(indices),
        targets: { target: { dtype: "int32", shape: [target.length], data: target } },
      };
    },
  };
}

/**
 * All pictures of a folder and of the folders in it, without classes and targets: for a generator, or to be looked at.
 * Otherwise as `imageFolder`.
 */
export async function imageFiles(path: string, options: ImageOptions): Promise<ImageFiles> {
  const frame = checkImageOptions("imageFiles", options, imageOptionNames);
  const { files, bad } = await listPictures(path, true);
  if (files.length + bad.length === 0)
    throw new DataError("there are no pictures (JPEG, PNG, WebP) in the folder.", { place: printable(path) });
  const scan = { classes: [], found: files.map((file) => ({ file, label: 0 })), bad };
  const { found, skipped, encoding, inputs } = await openPictures(path, scan, frame);
  return {
    length: found.length,
    inputShapes: { input: encoding.shape },
    targetShapes: {},
    encoding,
    files: found.map(({ file }) => file),
    skipped,
    batch: async (indices) => ({ inputs: await inputs(indices), targets: {} }),
  };
}

/** The parts of a data set, with the same classes and the same encoding. */
export interface ImageFolders {
  readonly train: ImageFolder;
  readonly test?: ImageFolder;
  readonly validation?: ImageFolder;
}

/**
 * The data sets in the folders `train`, `test` and `validation` (or `val`, `valid`) of a folder. Classes are those of
 * `train`, and so are mean and deviation with `normalise`. `cache` is for each part.
 * @throws DataError when there is no `train`, and as `imageFolder`
 */
export async function imageFolders(path: string, options: ImageFolderOptions): Promise<ImageFolders> {
  checkImageOptions("imageFolders", options, [...imageOptionNames, "classes"]);
  const parts = await partFolders(path, "For a folder of class folders use imageFolder()");
  const train = await imageFolder(parts.train, options);
  const { mean, deviation } = train.encoding;
  const rest = { ...options, normalise: false, mean, deviation, classes: train.classes };
  return {
    train,
    ...(parts.test !== undefined && { test: await imageFolder(parts.test, rest) }),
    ...(parts.validation !== undefined && { validation: await imageFolder(parts.validation, rest) }),
  };
}
