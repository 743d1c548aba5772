// Timing on a machine that others use too: a block of runs counts only if nobody else used the cores meanwhile.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

const TICK = 10; // milliseconds, Linux's USER_HZ

/** Milliseconds of work so far, of everybody. */
function everybody() {
  const [, user, nice, system, , , irq, softIrq, steal] = readFileSync("/proc/stat", "utf8")
    .split("\n")[0]
    .split(/\s+/);
  return [user, nice, system, irq, softIrq, steal].reduce((n, ticks) => n + Number(ticks) * TICK, 0);
}

/** Milliseconds of work so far, of one process. */
function processTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** Waits until nobody has used the cores for a moment; gives up at `end`. */
export async function calm(end, tolerance = 0.06) {
  while (performance.now() < end) {
    const before = [performance.now(), everybody()];
    await new Promise((resolve) => setTimeout(resolve, 120));
    const [elapsed, all] = [performance.now(), everybody()].map((t, i) => t - before[i]);
    if (all <= 2 * tolerance * elapsed * cpus().length) return true;
  }
  return false;
}

/**
 * Runs the contenders in turn, a block each, until every one has enough quiet blocks or the time is over.
 * @param contenders by name: { block: async () => milliseconds of each run, pid? }
 * @returns by name { times: number[], blocks, loud: blocks thrown away }
 */
export async function inTurn(contenders, { blocks = 8, seconds = 240, tolerance = 0.06 } = {}) {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, { times: [], blocks: 0, loud: 0 }]));
  const end = performance.now() + seconds * 1000;
  const mine = ({ pid }) => processTime(process.pid) + (pid === undefined ? 0 : processTime(pid));
  while (performance.now() < end && Object.values(results).some((r) => r.blocks < blocks)) {
    for (const [name, contender] of Object.entries(contenders)) {
      if (!(await calm(end, tolerance))) break;
      const before = [performance.now(), everybody(), mine(contender)];
      const times = await contender.block();
      const [elapsed, all, own] = [performance.now(), everybody(), mine(contender)].map((t, i) => t - before[i]);
      const result = results[name];
      if (all - own > tolerance * elapsed * cpus().length) {
        result.loud += 1;
        continue;
      }
      result.blocks += 1;
      result.times.push(...times);
    }
  }
  return results;
}

/** A block that repeats `run` for about so long. */
export const repeating =
  (run, milliseconds = 300) =>
  async () => {
    const times = [];
    const until = performance.now() + milliseconds;
    while (performance.now() < until || times.length < 2) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    return times;
  };

export const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)] ?? Number.NaN;

export const show = ({ times, blocks, loud }) =>
  `${median(times).toFixed(3).padStart(9)} ms  least ${Math.min(...times)
    .toFixed(3)
    .padStart(8)}  (${blocks} quiet blocks, ${loud} loud)`;
