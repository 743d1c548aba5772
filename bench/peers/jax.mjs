// jax-js on its WebAssembly backend, one worker per core (--one-thread: as Node runs it by itself).

import { readFileSync } from "node:fs";
import { serve } from "./serve.mjs";
import { installWorkers } from "./workers.mjs";
import { crossEntropy } from "./workload.mjs";

const threads = !process.argv.includes("--one-thread");
if (threads) installWorkers();
const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, valueAndGrad } = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const array = (data, shape) => np.array(data).reshape(shape);

/** Arrays are counted by owner: every use but the last of a value takes `.ref`. */
function forward(layers, weights, x) {
  let next = 0;
  for (const { kind, padding, input, size } of layers) {
    if (kind === "relu") x = nn.relu(x);
    if (kind === "flatten") x = x.reshape([x.shape[0], -1]);
    if (kind === "pool2") x = maxPool2(x, input);
    if (kind === "dense") x = np.dot(x, weights[next++].ref.transpose()).add(weights[next++].ref);
    if (kind === "conv3x3") {
      const bias = weights[next + 1].ref.reshape([1, size, 1, 1]);
      x = lax.conv(x, weights[next].ref, [1, 1], padding === "same" ? "SAME" : "VALID").add(bias);
      next += 2;
    }
  }
  for (const weight of weights) weight.dispose();
  return x;
}

/** Faster here than lax.reduceWindow. */
function maxPool2(x, [channels, height, width]) {
  const [h, w] = [Math.floor(height / 2), Math.floor(width / 2)];
  const even = height % 2 || width % 2 ? x.slice([], [], [0, 2 * h], [0, 2 * w]) : x;
  return np.max(even.reshape([x.shape[0], channels, h, 2, w, 2]), [3, 5]);
}

/**
 * Adam with its defaults, on lists of arrays; the package with jax-js's own optimizers is not published.
 * @param scale 1 / (1 - 0.9^step) and 1 / (1 - 0.999^step), from outside: inside the fused kernel they cost a power per weight
 */
function adam(weights, gradients, m, v, scale) {
  const next = { weights: [], m: [], v: [] };
  weights.forEach((w, i) => {
    const g = gradients[i];
    const mean = m[i].mul(0.9).add(g.ref.mul(0.1));
    const square = v[i].mul(0.999).add(np.square(g).mul(0.001));
    const change = mean.ref.mul(scale[0].ref).div(np.sqrt(square.ref.mul(scale[1].ref)).add(1e-8));
    next.weights.push(w.sub(change.mul(1e-3)));
    next.m.push(mean);
    next.v.push(square);
  });
  for (const factor of scale) factor.dispose();
  return next;
}

async function setup({ name, layers, x: data, labels, batch, input, inference }) {
  if (name === "vgg6") throw new Error("not run: a step takes minutes.");
  const x = array(data, [batch, ...input]);
  let weights = layers
    .filter(({ weight }) => weight !== undefined)
    .flatMap(({ weight, weightShape, size }) => [array(weight, weightShape), np.zeros([size])]);
  const about = `wasm, ${threads ? `${navigator.hardwareConcurrency} workers` : "one thread"}`;
  if (inference) {
    const run = jit((weights, x) => forward(layers, weights, x));
    let logits;
    const step = async () => {
      logits = await run(
        weights.map((w) => w.ref),
        x.ref,
      ).data();
    };
    return { about, step, loss: async () => crossEntropy(logits, labels) };
  }
  const bits = new Float32Array(batch * 10);
  labels.forEach((label, row) => {
    bits[row * 10 + label] = 1;
  });
  const target = array(bits, [batch, 10]);
  const lossOf = (weights, x, target) =>
    np.sum(nn.logSoftmax(forward(layers, weights, x), -1).mul(target)).mul(-1 / batch);
  const train = jit((weights, m, v, scale, x, target) => {
    const [loss, gradients] = valueAndGrad(lossOf)(
      weights.map((w) => w.ref),
      x,
      target,
    );
    return { loss, ...adam(weights, gradients, m, v, scale) };
  });
  let m = weights.map((w) => np.zeros(w.shape));
  let v = weights.map((w) => np.zeros(w.shape));
  let count = 0;
  let last = Number.NaN;
  const step = async () => {
    count++;
    const scale = [0.9, 0.999].map((beta) => np.array(1 / (1 - beta ** count)));
    const next = train(weights, m, v, scale, x.ref, target.ref);
    ({ weights, m, v } = next);
    last = (await next.loss.data())[0];
    await blockUntilReady([weights, m, v]);
  };
  return { about, step, loss: async () => last };
}

const packageFile = new URL("../package.json", import.meta.resolve("@jax-js/jax"));
const { version } = JSON.parse(readFileSync(packageFile, "utf8"));
await serve({ peer: "jax-js", version }, setup);
