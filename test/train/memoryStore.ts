import { DataError } from "../../src/base/errors.js";
import type { RunStore } from "../../src/train/index.js";

/** A run's folder in memory, which can be as full as a test wants. */
export function memoryStore(): RunStore & { readonly files: Map<string, Uint8Array>; room: number } {
  const files = new Map<string, Uint8Array>();
  const store = {
    name: "memory",
    files,
    /** Bytes in all. */
    room: Number.POSITIVE_INFINITY,
    list: async () => [...files.keys()],
    read: async (file: string) => {
      const bytes = files.get(file);
      if (bytes === undefined) throw new DataError("there is no such file.", { place: file });
      return bytes;
    },
    write: async (file: string, bytes: Uint8Array) => {
      // Written beside and renamed: until then both take room.
      const used = [...files.values()].reduce((sum, { length }) => sum + length, 0);
      if (used + bytes.length > store.room)
        throw new DataError("the disk is full (ENOSPC).", { place: file, cause: { code: "ENOSPC" } });
      files.set(file, bytes.slice());
    },
    append: async (file: string, bytes: Uint8Array) => {
      await store.write(file, Uint8Array.from([...(files.get(file) ?? []), ...bytes]));
    },
    remove: async (file: string) => void files.delete(file),
  };
  return store;
}
