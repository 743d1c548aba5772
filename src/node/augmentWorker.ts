import { parentPort } from "node:worker_threads";
import { varyPictures } from "../data/augmentPictures.js";
import type { Job } from "./augmentThreads.js";

// Runs in a thread of its own: takes jobs, gives their pictures back.
parentPort?.on("message", ({ id, pixels, variation }: Job) => {
  const varied = varyPictures(pixels, variation);
  parentPort?.postMessage({ id, varied }, [varied.buffer as ArrayBuffer]);
});
