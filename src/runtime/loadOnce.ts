import type { Program } from "./engine.js";

/** A program that is loaded when it is first asked for, and once only; where that fails, the next call tries again. */
export function loadOnce(load: () => Promise<Program>): () => Promise<Program> {
  let loaded: Promise<Program> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
