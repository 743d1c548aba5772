import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { EngineError } from "../base/errors.js";
import { type Variation, varyPictures } from "../data/augmentPictures.js";

type Pixels = Float32Array | Uint8Array;

/** What a thread is given to do. */
export interface Job {
  readonly id: number;
  readonly pixels: Pixels;
  readonly variation: Variation;
}

/** Batches of fewer numbers are not worth the way to another thread: about a millisecond's work. */
const SMALL = 100_000;

/** A worker and who waits for it, by the number of the job. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { done(pixels: Pixels): void; failed(error: unknown): void }>;
}

/**
 * Varies large batches of pictures in threads of their own, started when the first is. The numbers are those of
 * `varyPictures`, whichever thread works them out. The threads do not keep the program from ending.
 * @param script the worker's file; where there is none, the calling thread does the work
 */
export function augmentThreads(script: URL = new URL("./augmentWorker.js", import.meta.url)) {
  const most = Math.max(1, Math.min(4, availableParallelism() - 1));
  const threads: Thread[] = [];
  const there = existsSync(fileURLToPath(script));
  let jobs = 0;

  const start = (): Thread => {
    // Without the program's own flags: --input-type and the like are not for this file.
    const worker = new Worker(script, { execArgv: [] });
    const thread: Thread = { worker, waiting: new Map() };
    worker.unref();
    worker.on("message", ({ id, varied }: { id: number; varied: Pixels }) => {
      thread.waiting.get(id)?.done(varied);
      thread.waiting.delete(id);
      if (thread.waiting.size === 0) worker.unref();
    });
    const end = (cause: unknown) => {
      threads.splice(0, threads.length, ...threads.filter((other) => other !== thread));
      const why = cause instanceof Error ? cause.message : `exit code ${cause}`;
      const error = new EngineError(
        `the thread that varies pictures ended (${why}). Train again, or go on with resume.`,
        {
          place: "augment",
          cause,
        },
      );
      for (const { failed } of thread.waiting.values()) failed(error);
      thread.waiting.clear();
    };
    worker.on("error", end);
    worker.on("exit", end);
    threads.push(thread);
    return thread;
  };

  /** One that has nothing to do, a new one, or the one with the least to do. */
  const next = (): Thread => {
    const [least] = threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
    return least === undefined || (least.waiting.size > 0 && threads.length < most) ? start() : least;
  };

  return (pixels: Pixels, variation: Variation): Pixels | Promise<Pixels> => {
    if (!there || pixels.length < SMALL) return varyPictures(pixels, variation);
    const { worker, waiting } = next();
    const id = jobs++;
    // A copy of its own, which the thread may have: the data set may keep the pictures.
    const job: Job = { id, pixels: pixels.slice(), variation };
    return new Promise((done, failed) => {
      waiting.set(id, { done, failed });
      worker.ref();
      worker.postMessage(job, [job.pixels.buffer as ArrayBuffer]);
    });
  };
}
