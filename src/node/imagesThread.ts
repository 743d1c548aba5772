import { countOf } from "../base/shape.js";
import type { ImageEncoding } from "../data/encoding.js";
import { type Ask, startThreads } from "./threads.js";

/** Pictures to be read and encoded, each a file or its pixels. */
export interface PicturesJob {
  readonly sources: readonly (string | Uint8Array)[];
  readonly encoding: ImageEncoding;
  /** Whether the pixels of files are wanted too. */
  readonly keep: boolean;
}

/** The batch as encoded, and the pixels of each picture that came from a file, where they were to be kept. */
export interface PicturesAnswer {
  readonly data: Float32Array | Uint8Array;
  readonly pixels: readonly (Uint8Array | undefined)[];
}

/** Batches of fewer numbers are made by the calling thread. */
const SMALL = 100_000;

/**
 * Makes large batches of pictures in a thread of its own: reading a file takes several turns of the event loop, which
 * stands still in the main thread while the engine makes a training step.
 * @param script the worker's file
 * @returns gives undefined where the calling thread must do it: a small batch, a picture that cannot be read, no such script
 */
export function imagesThread(script: URL = new URL("./imagesWorker.js", import.meta.url)) {
  let ask: Ask<PicturesJob, PicturesAnswer | undefined> | undefined;
  return async (job: PicturesJob): Promise<PicturesAnswer | undefined> => {
    if (job.sources.length * countOf(job.encoding.shape) < SMALL) return undefined;
    ask ??= startThreads(script, 1, { place: "imageFolder", task: "reads pictures" });
    return ask?.(job);
  };
}
