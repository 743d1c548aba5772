import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { printable } from "../base/text.js";

const gibibyte = 2 ** 30;
/** The most bytes asked of the system in one read. */
const chunk = 64 * 2 ** 20;

/**
 * The bytes of a file.
 * @param options.limit the most bytes the file may have; defaults to 4 GiB
 * @throws DataError naming the path when it is missing, not a file, not readable, or larger than the limit
 */
export async function readBytes(path: string, options: { readonly limit?: number } = {}): Promise<Uint8Array> {
  checkOptions("readBytes", options, ["limit"]);
  const { limit = 4 * gibibyte } = options;
  checkNumber("readBytes", "limit", limit, { low: 0 });
  const place = printable(path);
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    if (size > limit)
      throw new DataError(`the file has ${size} bytes; at most ${limit} are read here. Is it the right file?`, {
        place,
        expected: limit,
        actual: size,
      });
    return await readAll(handle, size, place);
  } catch (error) {
    throw asDataError(error, place);
  } finally {
    await handle.close();
  }
}

/**
 * A file opened to be read; whoever asks closes it.
 * @throws DataError naming the path when it is missing, not a file, or not readable
 */
export async function openFile(path: string): Promise<FileHandle> {
  const place = printable(path);
  try {
    // Before open(), which on a pipe would wait for somebody to write.
    const info = await stat(path);
    if (!info.isFile())
      throw new DataError(`it is a ${info.isDirectory() ? "folder" : "device or pipe"}, not a file. Name the file.`, {
        place,
      });
    return await open(path, "r");
  } catch (error) {
    throw asDataError(error, place);
  }
}

async function readAll(handle: FileHandle, size: number, place: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(chunk, size - at), at);
    if (bytesRead === 0)
      throw new DataError(`the file became shorter while it was read: ${at} of ${size} bytes. Read it again.`, {
        place,
        expected: size,
        actual: at,
      });
    at += bytesRead;
  }
  return bytes;
}

/** Of this process, unlike every other's. */
const token = randomBytes(4).toString("hex");
let count = 0;

/**
 * Writes a file whole or not at all: into a file of its own in the same folder, flushed to the disk and then renamed.
 * Whoever reads `path`, even after a crash or a power cut, finds the old bytes or the new ones, never half of them. A
 * crash may leave the other file behind (`.midst-*.tmp`), which can be deleted.
 * @throws DataError naming the path when the folder is missing or cannot be written, or the disk is full
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const place = printable(path);
  let beside: { handle: FileHandle; path: string } | undefined;
  try {
    // A link stays a link: its target is what is replaced.
    const target = await realpath(path).catch(() => path);
    beside = await openBeside(target);
    try {
      await beside.handle.writeFile(bytes);
      await beside.handle.sync();
    } finally {
      await beside.handle.close();
    }
    await rename(beside.path, target);
    beside = undefined;
    await syncFolder(dirname(target));
  } catch (error) {
    throw asDataError(error, place);
  } finally {
    if (beside !== undefined) await unlink(beside.path).catch(() => undefined);
  }
}

/** A new file beside `target`, whose name no other process, thread or crashed run has. */
async function openBeside(target: string): Promise<{ handle: FileHandle; path: string }> {
  for (;;) {
    const path = join(dirname(target), `.midst-${process.pid}-${token}-${count++}.tmp`);
    try {
      return { handle: await open(path, "wx"), path };
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/**
 * Whether a file is one that a crash left beside its target: the process that wrote it is no more. In a container the next
 * process may have the same number, but not the same token.
 */
export function isLeftOver(file: string): boolean {
  const [, id, made] = /^\.midst-(\d+)-([0-9a-f]+)-\d+\.tmp$/.exec(file) ?? [];
  if (id === undefined || made === token) return false;
  if (Number(id) === process.pid) return true;
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

/** Makes a rename last through a power cut. Some systems (Windows) cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch {
    // The bytes themselves are safe already.
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder. Check the path",
  ENOTDIR: "a part of the path is a file, not a folder. Check the path",
  EEXIST: "there is a file of this name. Use another name",
  EISDIR: "it is a folder, not a file. Name the file",
  EACCES: "permission denied. Change its rights, or use another place",
  EPERM: "the operation is not permitted. Change its rights, or use another place",
  EROFS: "the disk can only be read. Use another place",
  ENOSPC: "the disk is full. Free some space, or use another disk",
  EDQUOT: "the disk quota is used up. Free some space, or use another disk",
  EFBIG: "the file is too large for this disk",
  EMFILE: "too many files are open. Raise the limit (ulimit -n)",
  ELOOP: "the links in the path go in a circle. Check the path",
  ENAMETOOLONG: "the name is too long. Shorten it",
};

/** An error of the file system as a DataError that names the path; other errors as they are. */
export function asDataError(error: unknown, place: string): unknown {
  const code = codeOf(error);
  if (error instanceof DataError || code === "") return error;
  return new DataError(`${reasons[code] ?? printable((error as Error).message)} (${code}).`, { place, cause: error });
}
