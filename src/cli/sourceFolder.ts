import { readdir } from "node:fs/promises";
import { split } from "../data/index.js";
import { imageFolder, imageFolders } from "../node/index.js";
import type { Source, SourceOptions } from "./data.js";

const TEST_SHARE = 0.2;

/** A folder of class folders, or one with `train` and `test` in it. */
export async function folderSource(path: string, given: SourceOptions): Promise<Source> {
  const { seed, size = 64, channels = 3, skipBad = false } = given;
  const skip = {
    badFiles: "skip" as const,
    onSkip: (file: string, why: string) => void process.stderr.write(`left out ${file}: ${why}\n`),
  };
  const options = { size, channels, normalise: true, ...(skipBad && skip) };
  const names = await readdir(path);
  const shown = `{ size: ${size}, channels: ${channels}, normalise: true${skipBad ? ', badFiles: "skip"' : ""} }`;
  if (names.includes("train")) {
    const { train, test, validation } = await imageFolders(path, options);
    const apart = test ?? validation;
    if (apart !== undefined)
      return {
        about: `pictures of ${train.classes.length} classes (${train.classes.join(", ")}): ${train.length} to train on and ${apart.length} to test, read as ${size}x${size}`,
        training: train,
        test: apart,
        encoding: train.encoding,
        classes: train.classes,
        code: [
          `const { train: training, ${test ? "test" : "validation: test"} } = await imageFolders(${JSON.stringify(path)}, ${shown});`,
        ],
        imports: { "midst/node": ["imageFolders"] },
      };
  }
  const data = await imageFolder(names.includes("train") ? `${path}/train` : path, options);
  const { training, test } = split(data, { training: 1 - TEST_SHARE, test: TEST_SHARE }, seed, { stratify: true });
  return {
    about: `pictures of ${data.classes.length} classes (${data.classes.join(", ")}): ${training.length} to train on and ${test.length} set apart to test, read as ${size}x${size}`,
    training,
    test,
    encoding: data.encoding,
    classes: data.classes,
    code: [
      `const data = await imageFolder(${JSON.stringify(path)}, ${shown});`,
      `const { training, test } = split(data, { training: ${1 - TEST_SHARE}, test: ${TEST_SHARE} }, ${seed}, { stratify: true });`,
    ],
    imports: { "midst/node": ["imageFolder"], midst: ["split"] },
  };
}
