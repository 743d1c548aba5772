import { varyPictures } from "../data/augmentPictures.js";
import type { VariationJob } from "./augmentThreads.js";
import { answer } from "./threads.js";

// Runs in a thread of its own: takes batches of pictures, gives them back varied.
answer(async ({ pixels, variation }: VariationJob) => {
  const varied = varyPictures(pixels, variation);
  return { answer: varied, given: [varied.buffer as ArrayBuffer] };
});
