import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cifar10, type Dataset, mnist } from "midst/data";

const beside = fileURLToPath(new URL("../../../shared/datasets", import.meta.url));

/** The folder of real data sets: MIDST_DATA, or the one beside the repository; undefined when there is none. */
const dataFolder: string | undefined = process.env.MIDST_DATA ?? (existsSync(beside) ? beside : undefined);

/** Whether a data set is there; tests that need it are skipped by name when not. */
export const has = (name: string): boolean => dataFolder !== undefined && existsSync(join(dataFolder, name));

export const pathOf = (...parts: string[]): string => join(dataFolder as string, ...parts);
const bytesOf = (...parts: string[]): Uint8Array => readFileSync(pathOf(...parts));
export const textOf = (...parts: string[]): string => readFileSync(pathOf(...parts), "utf8");

/** MNIST or Fashion-MNIST, standardised by their own mean and deviation. */
export function digits(folder: "mnist" | "fashion-mnist"): { training: Dataset; test: Dataset } {
  const scale = folder === "mnist" ? { mean: 0.1307, deviation: 0.3081 } : { mean: 0.286, deviation: 0.353 };
  const part = (prefix: "train" | "t10k") => mnist(...digitsFiles(folder, prefix), scale);
  return { training: part("train"), test: part("t10k") };
}

/** The bytes of pictures and of labels. */
export function digitsFiles(folder: "mnist" | "fashion-mnist", part: "train" | "t10k"): [Uint8Array, Uint8Array] {
  const file = (kind: string) =>
    readdirSync(pathOf(folder)).find((name) => name.startsWith(`${part}-${kind}`)) as string;
  return [bytesOf(folder, file("images")), bytesOf(folder, file("labels"))];
}

export function cifar(): { training: Dataset; test: Dataset } {
  const scale = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
  return {
    training: cifar10(bytesOf("cifar10", "data_batch_1.bin"), scale),
    test: cifar10(bytesOf("cifar10", "test_batch.bin"), scale),
  };
}
