import { readdir } from "node:fs/promises";
import { augmentSounds, type SoundDataset, split } from "../data/index.js";
import { soundFolder, soundFolders } from "../node/index.js";
import type { Source, SourceOptions } from "./data.js";
import { literal } from "./literal.js";

const TEST_SHARE = 0.2;
/** How sounds are varied: seconds, decibels, and places that are blanked. */
const VARIED = { speed: 0.1, shift: 0.05, gain: 6, noise: 0.005, maskFeatures: 6, maskTime: 6 };

/** WAV files: a folder for each class or names that begin with it, or `train` and `test` with those. */
export async function soundSource(path: string, { length, seed, augment = true }: SourceOptions): Promise<Source> {
  const options = length === undefined ? {} : { length };
  const given = length === undefined ? "" : `, { length: ${length} }`;
  const vary = (data: SoundDataset) => (augment ? augmentSounds(data, VARIED) : data);
  const varied = (code: string) => (augment ? `augmentSounds(${code}, ${literal(VARIED)})` : code);
  const imported = augment ? { "midst/data": ["augmentSounds"] } : {};
  const names = await readdir(path);
  if (names.includes("train")) {
    const { train, test, validation } = await soundFolders(path, options);
    const apart = test ?? validation;
    if (apart !== undefined)
      return {
        about: `sounds of ${train.classes.length} classes (${train.classes.join(", ")}): ${train.length} to train on and ${apart.length} to test, ${shapeOf(train)}`,
        training: vary(train),
        test: apart,
        encoding: train.encoding,
        classes: train.classes,
        code: [
          `const { train, ${test ? "test" : "validation: test"} } = await soundFolders(${literal(path)}${given});`,
          `const training = ${varied("train")};`,
        ],
        imports: { ...imported, "midst/node": ["soundFolders"] },
      };
  }
  const folder = names.includes("train") ? `${path}/train` : path;
  const data = await soundFolder(folder, options);
  const { training, test } = split(vary(data), { training: 1 - TEST_SHARE, test: TEST_SHARE }, seed, {
    stratify: true,
  });
  return {
    about: `sounds of ${data.classes.length} classes (${data.classes.join(", ")}): ${training.length} to train on and ${test.length} set apart to test, ${shapeOf(data)}`,
    training,
    test,
    encoding: data.encoding,
    classes: data.classes,
    code: [
      `const data = ${varied(`await soundFolder(${literal(folder)}${given})`)};`,
      `const { training, test } = split(data, { training: ${1 - TEST_SHARE}, test: ${TEST_SHARE} }, ${seed}, { stratify: true });`,
    ],
    imports: { ...imported, "midst/node": ["soundFolder"], midst: ["split"] },
  };
}

const shapeOf = ({ inputShapes: { input = [] } }: Source["training"]): string =>
  `up to ${input[0]} stretches of ${input[1]} features`;
