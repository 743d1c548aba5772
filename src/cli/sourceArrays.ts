import { DataError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { dataset, type Encoding, fashionClasses, imageEncoding, mnist, npz } from "../data/index.js";
import { readBytes } from "../node/index.js";
import type { Source } from "./data.js";

/** A folder with MNIST's four files, or those of its family. */
export async function idxSource(folder: string, names: readonly string[]): Promise<Source> {
  const find = (pattern: RegExp): string => {
    const name = names.find((candidate) => pattern.test(candidate));
    if (name === undefined) throw new DataError(`has no file like ${pattern.source}.`, { place: folder });
    return `${folder}/${name}`;
  };
  const fashion = /fashion/i.test(folder);
  const read = async (part: RegExp) => {
    const images = find(new RegExp(`${part.source}.*images.*idx`));
    const labels = find(new RegExp(`${part.source}.*labels.*idx`));
    const options = { imagesName: images, labelsName: labels, ...(fashion && { classes: fashionClasses }) };
    return { images, labels, data: mnist(await readBytes(images), await readBytes(labels), options) };
  };
  const [train, test] = [await read(/train/), await read(/t10k|test/)];
  const line = (name: string, { images, labels }: { images: string; labels: string }) =>
    `const ${name} = mnist(await readBytes(${JSON.stringify(images)}), await readBytes(${JSON.stringify(labels)})${fashion ? ", { classes: fashionClasses }" : ""});`;
  return {
    about: `grey pictures 28x28 in ${train.data.classes?.length} classes: ${train.data.length} to train on and ${test.data.length} to test`,
    training: train.data,
    test: test.data,
    encoding: train.data.encoding as Encoding,
    ...(train.data.classes && { classes: train.data.classes }),
    code: [line("training", train), line("test", test)],
    imports: { "midst/data": fashion ? ["fashionClasses", "mnist"] : ["mnist"], "midst/node": ["readBytes"] },
  };
}

/** A .npz file with train_images, train_labels, test_images and test_labels, as MedMNIST's. */
export async function npzSource(path: string): Promise<Source> {
  const arrays = npz(await readBytes(path), { name: path });
  const training = pictures(arrays, "train", path);
  const test = pictures(arrays, "test", path);
  return {
    about: `pictures ${training.inputShapes.input?.join("x")} in ${training.classes?.length} classes: ${training.length} to train on and ${test.length} to test`,
    training,
    test,
    encoding: training.encoding as Encoding,
    ...(training.classes && { classes: training.classes }),
    code: [`// ${path}: see npz() and dataset() in midst/data`],
    imports: { "midst/data": ["npz", "dataset"] },
  };
}

function pictures(arrays: Record<string, Tensor>, part: string, path: string) {
  const take = (name: string): Tensor => {
    const found = arrays[`${part}_${name}`];
    if (found === undefined)
      throw new DataError(`has no array "${part}_${name}", only ${Object.keys(arrays).join(", ")}.`, { place: path });
    return found;
  };
  const [images, labels] = [take("images"), take("labels")];
  const [count = 0, ...rest] = images.shape;
  if (images.dtype !== "uint8" || rest.length < 2 || rest.length > 3 || countOf(labels.shape) !== count)
    throw new DataError(
      `needs uint8 images [n, height, width] or [n, height, width, 3] and n labels, got ${images.dtype}[${images.shape}] and [${labels.shape}].`,
      { place: path },
    );
  const [height, width, channels = 1] = rest as [number, number, number?];
  const shape = [channels, height, width] as const;
  const numbers = Int32Array.from(labels.data);
  const classes = Array.from({ length: numbers.reduce((a, b) => Math.max(a, b), 0) + 1 }, (_, i) => String(i));
  return dataset({
    input: { dtype: "uint8", shape: [count, ...shape], data: planes(images.data as Uint8Array, count, shape) },
    target: { dtype: "int32", shape: [count], data: numbers },
    classes,
    encoding: imageEncoding({ shape, classes }),
  });
}

/** [n, height, width, channels] to [n, channels, height, width]. */
function planes(
  data: Uint8Array,
  count: number,
  [channels, height, width]: readonly [number, number, number],
): Uint8Array {
  if (channels === 1) return data;
  const area = height * width;
  const out = new Uint8Array(data.length);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < area; i++)
      for (let c = 0; c < channels; c++)
        out[(n * channels + c) * area + i] = data[(n * area + i) * channels + c] as number;
  return out;
}
