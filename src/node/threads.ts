import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parentPort, Worker } from "node:worker_threads";
import { EngineError } from "../base/errors.js";

/** Asks a thread; `given` are the buffers that it may have for good. */
export type Ask<Job, Answer> = (job: Job, given?: readonly ArrayBuffer[]) => Promise<Answer>;

/** A worker and who waits for it, by the number of the job. */
interface Thread<Answer> {
  readonly worker: Worker;
  readonly waiting: Map<number, { done(answer: Answer): void; failed(error: unknown): void }>;
}

/**
 * Threads that run one file, each started when there is work for it. They do not keep the program from ending.
 * @param script the file, which calls `answer`
 * @param most how many threads at once
 * @param task what they do, for errors: "varies pictures"
 * @returns undefined where there is no such file
 */
export function startThreads<Job, Answer>(
  script: URL,
  most: number,
  { place, task }: { readonly place: string; readonly task: string },
): Ask<Job, Answer> | undefined {
  if (!existsSync(fileURLToPath(script))) return undefined;
  const threads: Thread<Answer>[] = [];
  let jobs = 0;

  const start = (): Thread<Answer> => {
    // Without the program's own flags: --input-type and the like are not for this file.
    const worker = new Worker(script, { execArgv: [] });
    const thread: Thread<Answer> = { worker, waiting: new Map() };
    worker.unref();
    worker.on("message", ({ id, answer }: { id: number; answer: Answer }) => {
      thread.waiting.get(id)?.done(answer);
      thread.waiting.delete(id);
      if (thread.waiting.size === 0) worker.unref();
    });
    const end = (cause: unknown) => {
      threads.splice(0, threads.length, ...threads.filter((other) => other !== thread));
      const why = cause instanceof Error ? cause.message : `exit code ${cause}`;
      const message = `the thread that ${task} ended (${why}). Train again, or go on with resume.`;
      const error = new EngineError(message, { place, cause });
      for (const { failed } of thread.waiting.values()) failed(error);
      thread.waiting.clear();
    };
    worker.on("error", end);
    worker.on("exit", end);
    threads.push(thread);
    return thread;
  };

  /** One that has nothing to do, a new one, or the one with the least to do. */
  const next = (): Thread<Answer> => {
    const [least] = threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
    return least === undefined || (least.waiting.size > 0 && threads.length < most) ? start() : least;
  };

  return (job, given = []) => {
    const { worker, waiting } = next();
    const id = jobs++;
    return new Promise((done, failed) => {
      waiting.set(id, { done, failed });
      worker.ref();
      worker.postMessage({ id, job }, given);
    });
  };
}

/** In the thread: does the jobs. `given` are buffers of the answer that this thread has no more use for. */
export function answer<Job, Answer>(
  work: (job: Job) => Promise<{ readonly answer: Answer; readonly given: readonly ArrayBuffer[] }>,
): void {
  parentPort?.on("message", async ({ id, job }: { id: number; job: Job }) => {
    const { answer, given } = await work(job);
    parentPort?.postMessage({ id, answer }, given);
  });
}
