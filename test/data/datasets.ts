import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../../../shared/datasets", import.meta.url));

/** The folder of the real data sets, wherever it is on this machine. */
const folder = process.env.MIDST_DATA ?? beside;

/** Whether a data set is here; tests of absent ones are skipped. */
export const has = (path: string): boolean => existsSync(join(folder, path));

export const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)));

export const textOf = (path: string): string => readFileSync(join(folder, path), "utf8");
