/** Runs tasks in the order they come, at most so many at once. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** @param most how many tasks run at once, 1 or more */
export function limiter(most: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, so that nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
