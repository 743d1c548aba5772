import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { random } from "../../src/base/random.js";

const dist = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** What is common to programs: the folder, and what it is told of. */
const telling = `
  import { runFolder } from ${dist("node/index.js")};
  const folder = runFolder(process.argv[1]);
  const say = (line) => process.stdout.write(line + "\\n");
  const told = { ...folder, write: (file, bytes) => { say("writing " + file); return folder.write(file, bytes); } };
`;

/** A program that trains for 6 epochs of 8 steps, says each step, and each checkpoint that it begins to write. */
const fitting = `
  ${telling}
  import { adam, batchNorm, conv2d, cosine, crossEntropy, dataset, dense, dropout, fit, flatten, random, relu,
    sequential, tensor } from ${dist("index.js")};
  import { augment } from ${dist("data/index.js")};
  const pictures = tensor(random(1).uniform(64 * 3 * 64), [64, 3, 8, 8]);
  const data = augment(dataset({ input: pictures, target: Array.from({ length: 64 }, (_, i) => i % 3), classes: ["a", "b", "c"] }), { flip: true, shift: 1 });
  const net = sequential({ input: [3, 8, 8], seed: 2 }, conv2d(16, 3), batchNorm(), relu(), flatten(), dropout(0.3), dense(256), relu(), dense(3));
  const run = await fit(net, data, {
    loss: crossEntropy(), optimizer: adam({ learningRate: cosine(0.01, 48) }), epochs: 6, batchSize: 8, seed: 3,
    folder: told, resume: true, checkpoint: { steps: 3 }, progress: false,
    callbacks: [{ onStep: ({ step }) => say("step " + step) }],
  });
  say("done " + run.steps + " " + run.warnings.join());
`;

/** The same of a game: pictures, labels, and rounds of three turns. */
export const playing = `
  ${telling}
  import { adam, cosine, dataset, play, random, tensor } from ${dist("index.js")};
  import { imageEncoding } from ${dist("data/index.js")};
  import { dcgan } from ${dist("nets/index.js")};
  const pixels = tensor(new Uint8Array(random(1).words(new Uint32Array(64 * 196)).buffer), [64, 1, 28, 28]);
  const data = dataset({ input: pixels, target: Array.from({ length: 64 }, (_, i) => i % 3), classes: ["a", "b", "c"],
    encoding: imageEncoding({ shape: [1, 28, 28], mean: 0.5, deviation: 0.5 }) });
  const game = dcgan({ size: 28, channels: 1, latent: 8, features: 4, classes: 3 });
  const run = await play(game, data, {
    optimizer: adam({ learningRate: cosine(0.01, 48) }), epochs: 6, batchSize: 8, seed: 3, discriminatorSteps: 3, average: 0.9,
    instanceNoise: 0.1, measures: [{ name: "mean", of: ({ data }) => data.reduce((a, b) => a + b, 0) / data.length }],
    monitor: "mean", keep: "best", samples: { measured: 16, drawn: 16 },
    folder: told, resume: true, checkpoint: { steps: 3 }, progress: false,
    callbacks: [{ onStep: ({ step }) => say("step " + step) }],
  });
  say("done " + run.steps + " " + run.warnings.join());
`;

/** Runs the program; `watch` sees each line and may kill it. True when it came to its end. */
export async function train(
  folder: string,
  watch: (line: string, child: ChildProcess) => void,
  program = fitting,
): Promise<boolean> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, folder]);
  let [rest, errors, done] = ["", "", false];
  child.stdout.on("data", (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      done ||= line.startsWith("done 48");
      watch(line, child);
    }
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code, signal] = await once(child, "close");
  if (signal === null && code !== 0) throw new Error(`the program failed: ${errors}`);
  return done;
}

/** What must not depend on whether a run was killed: the network it ends with, or another file. */
export async function networkOf(folder: string, file = "net.safetensors"): Promise<string> {
  return createHash("sha256")
    .update(await readFile(join(folder, file)))
    .digest("hex");
}

/**
 * Runs the program in `folder` until it ends, killing it (SIGKILL) at most so often: after a random number of steps, or, every
 * second time, a moment after a checkpoint began to be written.
 * @returns how often it was killed before its end, and how many of these kills left a file half-written
 */
export async function trainKilled(
  folder: string,
  most: number,
  seed: number,
  program = fitting,
): Promise<{ kills: number; halves: number }> {
  const draw = random(seed, "kills");
  let [kills, halves] = [0, 0];
  for (let i = 0; i < most; i++) {
    const [steps, writes, delay] = [1 + draw.below(6), 1 + draw.below(2), draw.next() * 4];
    let [seen, begun] = [0, 0];
    const watch = (line: string, child: ChildProcess) => {
      if (i % 2 === 0 && line.startsWith("step ") && ++seen === steps) setTimeout(() => child.kill("SIGKILL"), delay);
      if (i % 2 === 1 && line.startsWith("writing step-") && ++begun === writes)
        setTimeout(() => child.kill("SIGKILL"), delay);
    };
    const ended = await train(folder, watch, program);
    if (ended) break;
    kills++;
    halves += (await readdir(folder)).filter((name) => name.endsWith(".tmp")).length;
  }
  await train(folder, () => {}, program);
  return { kills, halves };
}
