import type { Progress, ProgressReporter, TrainingHost } from "../train/progress.js";

const number = (x: number): string =>
  Math.abs(x) >= 1000 || (x !== 0 && Math.abs(x) < 0.001) ? x.toExponential(2) : x.toPrecision(4);

const scores = (progress: Progress): string =>
  Object.entries(progress.scores)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join("  ");

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** A bar that is redrawn in place, at most ten times a second; a line stays for each epoch. */
function barReporter(out: NodeJS.WriteStream): ProgressReporter {
  const clear = "\r\x1b[2K";
  let drawn = 0;
  return {
    step: (progress) => {
      const now = performance.now();
      if (now - drawn < 100) return;
      drawn = now;
      const full = Math.round((20 * progress.step) / progress.steps);
      const bar = "█".repeat(full) + "░".repeat(20 - full);
      const text = `epoch ${progress.epoch}/${progress.epochs} ${bar} step ${progress.step}/${progress.steps}  ${scores(progress)}  ${Math.round(progress.rate)}/s  ${clock(progress.left)} left`;
      out.write(clear + text.slice(0, (out.columns || 80) - 1));
    },
    epoch: (progress) => void out.write(clear + epochLine(progress)),
    end: () => void out.write(clear),
  };
}

const epochLine = (progress: Progress): string =>
  `epoch ${progress.epoch}/${progress.epochs}  ${scores(progress)}  ${Math.round(progress.rate)} examples/s\n`;

/** One line per epoch, for files and pipes. */
const lineReporter = (out: NodeJS.WritableStream): ProgressReporter => ({
  step: () => {},
  epoch: (progress) => void out.write(epochLine(progress)),
  end: () => {},
});

/** Training in Node: progress on standard error, Ctrl-C ends it after the step being made; a second one kills. */
export const nodeTrainingHost: TrainingHost = {
  now: () => performance.now() / 1000,
  reporter: () => (process.stderr.isTTY ? barReporter(process.stderr) : lineReporter(process.stderr)),
  onInterrupt: (stop) => {
    process.once("SIGINT", stop);
    return () => process.removeListener("SIGINT", stop);
  },
};
