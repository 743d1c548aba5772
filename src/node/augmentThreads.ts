import { availableParallelism } from "node:os";
import { type Variation, varyPictures } from "../data/augmentPictures.js";
import { startThreads } from "./threads.js";

type Pixels = Float32Array | Uint8Array;

/** What a thread is given to do. */
export interface VariationJob {
  readonly pixels: Pixels;
  readonly variation: Variation;
}

/** Batches of fewer numbers are not worth the way to another thread: about a millisecond's work. */
const SMALL = 100_000;

/**
 * Varies large batches of pictures in threads of their own, started when the first is. The numbers are those of
 * `varyPictures`, whichever thread works them out. The threads do not keep the program from ending.
 * @param script the worker's file; where there is none, the calling thread does the work
 */
export function augmentThreads(script: URL = new URL("./augmentWorker.js", import.meta.url)) {
  const most = Math.max(1, Math.min(4, availableParallelism() - 1));
  const ask = startThreads<VariationJob, Pixels>(script, most, { place: "augment", task: "varies pictures" });
  return (pixels: Pixels, variation: Variation): Pixels | Promise<Pixels> => {
    if (ask === undefined || pixels.length < SMALL) return varyPictures(pixels, variation);
    // A copy of its own, which the thread may have: the data set may keep the pictures.
    const job = { pixels: pixels.slice(), variation };
    return ask(job, [job.pixels.buffer as ArrayBuffer]);
  };
}
