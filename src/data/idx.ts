import { DataError, FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { countOf, formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { imageEncoding } from "./images.js";
import { type FileOptions, gunzip, isGzip } from "./inflate.js";
import { dataset, type MemoryDataset } from "./memory.js";
import { type NumberFormat, readNumbers } from "./numbers.js";

/** The third byte of an idx file. */
const formats: Readonly<Record<number, Omit<NumberFormat, "littleEndian">>> = {
  8: { kind: "uint", bytes: 1 },
  9: { kind: "int", bytes: 1 },
  11: { kind: "int", bytes: 2 },
  12: { kind: "int", bytes: 4 },
  13: { kind: "float", bytes: 4 },
  14: { kind: "float", bytes: 8 },
};

/**
 * Reads an idx file, the format of MNIST and its family, plain or gzipped: two zero bytes, the kind of number, the
 * number of axes, their lengths (each 4 bytes), and the numbers, all big-endian.
 * Bytes become uint8, other whole numbers int32, fractions float32.
 * @throws FormatError when the bytes are not what the header says
 */
export function idx(bytes: Uint8Array, options: FileOptions = {}): Tensor {
  checkOptions("idx", options, ["name", "limit"]);
  const { name: place = "idx", limit } = options;
  const file = isGzip(bytes) ? gunzip(bytes, place, limit) : bytes;
  const [zero, none, code = 0, rank = 0] = file;
  const format = formats[code];
  if (zero !== 0 || none !== 0 || format === undefined)
    throw new FormatError(
      `this is not an idx file: it starts with the bytes ${file.subarray(0, 4).join(" ") || "(none)"}, ` +
        "not with 0 0, a kind of number (8, 9 or 11 to 14) and the number of axes.",
      { place, actual: [...file.subarray(0, 4)] },
    );
  const start = 4 + 4 * rank;
  if (file.length < start)
    throw new FormatError(`the header of ${rank} axes takes ${start} bytes, the file has ${file.length}.`, {
      place,
      expected: start,
      actual: file.length,
    });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = countOf(shape) * format.bytes;
  if (file.length - start !== expected)
    throw new FormatError(
      `the header says ${formatShape(shape)}, ${expected} bytes, but ${file.length - start} follow it. ` +
        "The file is cut short or damaged.",
      { place, expected, actual: file.length - start },
    );
  return { shape, ...readNumbers(file.subarray(start), { ...format, littleEndian: false }, place) };
}

export interface MnistOptions {
  /** Of pixels in 0..1. Defaults to 0; MNIST's own is 0.1307, Fashion-MNIST's 0.2860. */
  readonly mean?: number;
  /** Of pixels in 0..1. Defaults to 1; MNIST's own is 0.3081, Fashion-MNIST's 0.3530. */
  readonly deviation?: number;
  /** Pictures come as bytes, uint8, for a network that begins with `normalize(data.encoding)`. Defaults to false. */
  readonly bytes?: boolean;
  /** Defaults to the digits "0" to "9"; see `fashionClasses`. */
  readonly classes?: readonly string[];
  /** Names the two files in errors. Default to "images" and "labels". */
  readonly imagesName?: string;
  readonly labelsName?: string;
}

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The classes of Fashion-MNIST, in the order of its labels. */
export const fashionClasses: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/**
 * MNIST or one of its family (Fashion-MNIST, KMNIST): two idx files, plain or gzipped. Inputs [1, 28, 28] in
 * 0..1, dark ground 0, unless a mean and deviation are given.
 * @throws FormatError when a file is damaged
 * @throws DataError when they do not hold as many images as labels, or there are more classes than names
 */
export function mnist(images: Uint8Array, labels: Uint8Array, options: MnistOptions = {}): MemoryDataset {
  checkOptions("mnist", options, ["mean", "deviation", "bytes", "classes", "imagesName", "labelsName"]);
  const {
    mean = 0,
    deviation = 1,
    bytes = false,
    classes = digits,
    imagesName = "images",
    labelsName = "labels",
  } = options;
  const input = idx(images, { name: imagesName });
  const target = idx(labels, { name: labelsName });
  const [count, height, width] = input.shape;
  if (input.dtype !== "uint8" || height === undefined || width === undefined || input.shape.length !== 3)
    throw new FormatError(
      `it holds ${input.dtype} ${formatShape(input.shape)}, not pictures: bytes [count, height, width].`,
      { place: imagesName, actual: input.shape },
    );
  if (target.shape.length !== 1)
    throw new FormatError(`it holds ${formatShape(target.shape)}, not labels: [count].`, {
      place: labelsName,
      actual: target.shape,
    });
  if (count !== target.shape[0])
    throw new DataError(`${count} images in ${imagesName}, but ${target.shape[0]} labels in ${labelsName}.`, {
      place: "mnist",
      expected: count,
      actual: target.shape[0],
    });
  const encoding = imageEncoding({ shape: [1, height, width], mean, deviation, bytes });
  return dataset({ input, target, classes, encoding });
}
