import { Presets, SingleBar } from "cli-progress";
import type { Progress, ProgressReporter, TrainingHost } from "../train/progress.js";
import { nodePictures } from "./pictures.js";
import { runFolder } from "./runFolder.js";

const number = (x: number): string =>
  Math.abs(x) >= 1000 || (x !== 0 && Math.abs(x) < 0.001) ? x.toExponential(2) : x.toPrecision(4);

const scores = (progress: Progress): string =>
  Object.entries(progress.scores)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join("  ");

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** A bar that is redrawn in place, at most ten times a second; a line stays for each epoch. */
function barReporter(stream: NodeJS.WriteStream): ProgressReporter {
  const format = "epoch {epoch}/{epochs} {bar} step {value}/{total}  {scores}  {rate}/s  {left} left";
  const bar = new SingleBar(
    { stream, format, fps: 10, barsize: 20, clearOnComplete: true, hideCursor: true, gracefulExit: false },
    Presets.shades_classic,
  );
  let running = false;
  return {
    step: (progress) => {
      const { epoch, epochs, step, steps } = progress;
      const shown = {
        epoch,
        epochs,
        scores: scores(progress),
        rate: Math.round(progress.rate),
        left: clock(progress.left),
      };
      if (!running) bar.start(steps, step, shown);
      else bar.update(step, shown);
      running = true;
    },
    warn: (message) => {
      bar.stop();
      running = false;
      stream.write(warningLine(message));
    },
    epoch: (progress) => {
      bar.stop();
      running = false;
      stream.write(epochLine(progress));
    },
    end: () => bar.stop(),
  };
}

const epochLine = (progress: Progress): string =>
  `epoch ${progress.epoch}/${progress.epochs}  ${scores(progress)}  ${Math.round(progress.rate)} examples/s${waiting(progress)}\n`;

/** Said where it is worth knowing. */
const waiting = ({ waiting: share }: Progress): string =>
  share < 0.01 ? "" : `, ${(100 * share).toFixed(0)} % of the time waiting for data`;

const warningLine = (message: string): string => `warning: ${message}\n`;

/** One line per epoch, for files and pipes. */
const lineReporter = (out: NodeJS.WritableStream): ProgressReporter => ({
  step: () => {},
  warn: (message) => void out.write(warningLine(message)),
  epoch: (progress) => void out.write(epochLine(progress)),
  end: () => {},
});

/** Training in Node: progress on standard error, Ctrl-C ends it after the step being made; a second one kills. */
export const nodeTrainingHost: TrainingHost = {
  now: () => performance.now() / 1000,
  reporter: () => (process.stderr.isTTY ? barReporter(process.stderr) : lineReporter(process.stderr)),
  openFolder: runFolder,
  pictures: nodePictures,
  onInterrupt: (stop) => {
    process.once("SIGINT", stop);
    return () => process.removeListener("SIGINT", stop);
  },
};
