import { DataError, FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { cifar10Classes, cifar100Classes, cifar100Superclasses } from "./cifarClasses.js";
import { imageEncoding } from "./images.js";
import { dataset, type MemoryDataset } from "./memory.js";

export interface Cifar10Options {
  /** Of pixels in 0..1, one for all channels or one each. Defaults to 0; CIFAR-10's own are .4914, .4822, .4465. */
  readonly mean?: number | readonly number[];
  /** As `mean`. Defaults to 1; CIFAR-10's own are .2470, .2435, .2616. */
  readonly deviation?: number | readonly number[];
  /** Pictures come as bytes, uint8, for a network that begins with `normalize(data.encoding)`. Defaults to false. */
  readonly bytes?: boolean;
  /** Names the files in errors. */
  readonly name?: string;
}

export interface Cifar100Options extends Cifar10Options {
  /** The 100 "fine" classes or the 20 "coarse" superclasses. Defaults to "fine". */
  readonly labels?: "fine" | "coarse";
}

const pixels = 3 * 32 * 32;

/**
 * CIFAR-10 from its binary files (`data_batch_1.bin` ...), in this order: inputs [3, 32, 32] in 0..1 (red, green,
 * blue) unless a mean and deviation are given, and ten classes. Krizhevsky (2009), "Learning multiple layers of
 * features from tiny images".
 * @throws FormatError when a file does not consist of records of 3,073 bytes, or a label is above 9
 */
export function cifar10(files: Uint8Array | readonly Uint8Array[], options: Cifar10Options = {}): MemoryDataset {
  checkOptions("cifar10", options, ["mean", "deviation", "bytes", "name"]);
  return records(files, 1, 0, cifar10Classes, { name: "cifar10", ...options });
}

/**
 * CIFAR-100 from its binary files (`train.bin`, `test.bin`), as `cifar10`.
 * @throws FormatError when a file does not consist of records of 3,074 bytes, or a label is too high
 */
export function cifar100(files: Uint8Array | readonly Uint8Array[], options: Cifar100Options = {}): MemoryDataset {
  checkOptions("cifar100", options, ["mean", "deviation", "bytes", "name", "labels"]);
  const coarse = options.labels === "coarse";
  const classes = coarse ? cifar100Superclasses : cifar100Classes;
  return records(files, 2, coarse ? 0 : 1, classes, { name: "cifar100", ...options });
}

/** Records of `labelBytes` labels and 1,024 bytes each of red, green and blue; the label at `labelAt` is the target. */
function records(
  files: Uint8Array | readonly Uint8Array[],
  labelBytes: number,
  labelAt: number,
  classes: readonly string[],
  { name, mean = 0, deviation = 1, bytes: asBytes = false }: Cifar10Options & { readonly name: string },
): MemoryDataset {
  const batches = files instanceof Uint8Array ? [files] : files;
  const size = labelBytes + pixels;
  const place = (file: number) => (batches.length === 1 ? name : `${name} (file ${file + 1} of ${batches.length})`);
  let count = 0;
  for (const [i, { length }] of batches.entries()) {
    if (length === 0 || length % size !== 0)
      throw new FormatError(
        `its ${length} bytes are not whole records of ${size} (${labelBytes} of label, ${pixels} of pixels). ` +
          "The file is cut short, or of another kind.",
        { place: place(i), expected: size, actual: length },
      );
    count += length / size;
  }
  if (count === 0) throw new DataError("there are no files.", { place: name });
  const input = new Uint8Array(count * pixels);
  const target = new Int32Array(count);
  let n = 0;
  for (const [i, bytes] of batches.entries())
    for (let at = 0; at < bytes.length; at += size, n++) {
      const label = bytes[at + labelAt] as number;
      if (label >= classes.length)
        throw new FormatError(
          `record ${at / size} has the label ${label}, but there are ${classes.length} classes. The file is of another kind.`,
          { place: place(i), expected: classes.length, actual: label },
        );
      target[n] = label;
      input.set(bytes.subarray(at + labelBytes, at + size), n * pixels);
    }
  const images: Tensor<"uint8"> = { dtype: "uint8", shape: [count, 3, 32, 32], data: input };
  const encoding = imageEncoding({ shape: [3, 32, 32], mean, deviation, bytes: asBytes });
  return dataset({ input: images, target, classes, encoding });
}
