// How many JPEG pictures per second are decoded, varied and put into batches at 128 px, against a plain loop over sharp,
// and how long training waits for them: node bench/data.mjs
// The pictures are the data set "plants", in MIDST_DATA or in shared/datasets beside the repository.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as midst from "midst";
import { augment, subset } from "midst/data";
import { imageFolder } from "midst/node";
import sharp from "sharp";

const SIZE = 128;
const BATCH = 32;
const ROUNDS = 3;
/** Batches asked for before they are needed, as `fit` does. */
const AHEAD = 3;

const beside = new URL("../../shared/datasets", import.meta.url).pathname;
const folder = join(process.env.MIDST_DATA ?? beside, "plants", "train");
if (!existsSync(folder)) {
  process.stderr.write(`There are no pictures in ${folder}. Set MIDST_DATA.\n`);
  process.exit(1);
}

// No cache: every picture is decoded anew.
const pictures = await imageFolder(folder, { size: SIZE, verify: false, cache: 0 });
const changes = { flip: true, rotate: 10, crop: 0.8, brightness: 0.2, contrast: 0.2 };
const order = midst.random(0, "bench").permutation(pictures.length);
const starts = Array.from({ length: Math.floor(order.length / BATCH) }, (_, i) => i * BATCH);

/** All pictures once, in batches asked for ahead. */
async function passOver(data) {
  const ask = (i) => data.batch(Array.from(order.slice(starts[i], starts[i] + BATCH)), { seed: 0, step: i });
  const waiting = starts.slice(0, AHEAD).map((_, i) => ask(i));
  for (let i = 0; i < starts.length; i++) {
    if (i + AHEAD < starts.length) waiting.push(ask(i + AHEAD));
    await waiting.shift();
  }
}

/** The same pictures resized by sharp alone, into bytes; `together` at a time. */
const plainLoop = (together) => async () => {
  const files = Array.from(order.slice(0, starts.length * BATCH), (at) => pictures.files[at]);
  const one = async () => {
    for (let file = files.pop(); file !== undefined; file = files.pop())
      await sharp(await readFile(file))
        .resize({ width: SIZE, height: SIZE, fit: "cover" })
        .raw()
        .toBuffer();
  };
  await Promise.all(Array.from({ length: together }, one));
};

const ways = {
  "sharp alone, one after the other": plainLoop(1),
  [`sharp alone, ${availableParallelism()} at a time`]: plainLoop(availableParallelism()),
  "midst, decoded and in batches": () => passOver(pictures),
  "midst, varied as well": () => passOver(augment(pictures, changes)),
};
const rates = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, way] of Object.entries(ways)) {
    const start = performance.now();
    await way();
    rates[name].push((1000 * starts.length * BATCH) / (performance.now() - start));
  }
process.stdout.write(`${starts.length * BATCH} pictures to ${SIZE} px, per second (best of ${ROUNDS}):\n`);
for (const [name, each] of Object.entries(rates))
  process.stdout.write(
    `  ${name.padEnd(34)} ${Math.max(...each)
      .toFixed(0)
      .padStart(6)}\n`,
  );

const { batchNorm, conv2d, crossEntropy, dense, fit, globalAvgPool, maxPool2d, relu, sequential } = midst;
const block = (filters) => [conv2d(filters, 3, { padding: 1, bias: false }), batchNorm(), relu(), maxPool2d(2)];
const net = sequential(
  { input: [3, SIZE, SIZE] },
  ...[16, 32, 64, 128].flatMap(block),
  globalAvgPool(),
  dense(pictures.classes.length),
);
const some = subset(pictures, Array.from(order.slice(0, 12 * BATCH)));
const run = await fit(net, augment(some, changes), { loss: crossEntropy(), epochs: 2, progress: false });
const { waiting, examplesPerSecond } = run.history.at(-1);
process.stdout.write(
  `training on them: ${examplesPerSecond.toFixed(0)} pictures per second, ${(100 * waiting).toFixed(1)} % of the time spent waiting for data\n`,
);
