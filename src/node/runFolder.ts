import { appendFile, mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../base/text.js";
import type { RunStore } from "../train/index.js";
import { asDataError, isLeftOver, readBytes, writeBytes } from "./files.js";

/**
 * A folder for a training run's checkpoints and logs, made with the first file that is written.
 * @throws DataError naming the path for what the file system refuses
 */
export function runFolder(path: string): RunStore {
  const place = printable(path);
  const refused = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw asDataError(error, place);
    });
  let made: Promise<unknown> | undefined;
  const make = async (): Promise<void> => {
    made ??= refused(mkdir(path, { recursive: true }).then(() => sweep(path)));
    await made;
  };
  return {
    name: place,
    list: () =>
      refused(
        readdir(path).catch((error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return [];
          throw error;
        }),
      ),
    read: (file) => readBytes(join(path, file)),
    write: async (file, bytes) => {
      await make();
      await writeBytes(join(path, file), bytes);
    },
    append: async (file, bytes) => {
      await make();
      await refused(appendFile(join(path, file), bytes));
    },
    remove: (file) => refused(unlink(join(path, file))),
  };
}

/** Removes what processes that were killed while writing left behind. */
async function sweep(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter(isLeftOver);
  await Promise.all(left.map((file) => unlink(join(folder, file)).catch(() => undefined)));
}
