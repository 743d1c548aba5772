// jax-js on its WebAssembly backend, one worker per core (--one-thread: as Node runs it by itself).

import { readFileSync } from "node:fs";
import { serve } from "./serve.mjs";
import { installWorkers } from "./workers.mjs";
import { crossEntropy, likeliest } from "./workload.mjs";

const threads = !process.argv.includes("--one-thread");
if (threads) installWorkers();
const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, valueAndGrad } = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const array = (data, shape) => np.array(data).reshape(shape);

/** Arrays are counted by owner: every use but the last of a value takes `.ref`. */
function forward(layers, weights, x, state) {
  return walk(layers, weights, x, state).x;
}

/** Also an LSTM's last state; it starts at zero where none is given. */
function walk(layers, weights, x, state) {
  let next = 0;
  for (const { kind, padding, input, size } of layers) {
    if (kind === "relu") x = nn.relu(x);
    if (kind === "flatten") x = x.reshape([x.shape[0], -1]);
    if (kind === "pool2") x = maxPool2(x, input);
    if (kind === "dense") x = np.dot(x, weights[next++].ref.transpose()).add(weights[next++].ref);
    if (kind === "lstm") {
      const last = lstm(x, weights.slice(next, next + 4), state);
      x = last.states;
      state = last.state;
      next += 4;
    }
    if (kind === "conv3x3") {
      const bias = weights[next + 1].ref.reshape([1, size, 1, 1]);
      x = lax.conv(x, weights[next].ref, [1, 1], padding === "same" ? "SAME" : "VALID").add(bias);
      next += 2;
    }
  }
  for (const weight of weights) weight.dispose();
  return { x, state };
}

/**
 * There is no loop in jax-js: the steps are written out. The input's products are made for all steps at once.
 * @param x [batch, time, features]
 * @param state h and c [batch, units]; given up
 */
function lstm(x, [weight, bias, recurrent, other], state) {
  const [batch, time] = x.shape;
  const units = recurrent.shape[1];
  let [h, c] = state ?? [np.zeros([batch, units]), np.zeros([batch, units])];
  const fromInput = np.dot(x, weight.ref.transpose()).add(bias.ref.add(other.ref));
  const transposed = recurrent.ref.transpose();
  const states = [];
  for (let t = 0; t < time; t++) {
    const gates = fromInput.ref.slice([], t).add(np.dot(h, transposed.ref));
    const part = (k) => gates.ref.slice([], [k * units, (k + 1) * units]);
    const [i, f, g, o] = [nn.sigmoid(part(0)), nn.sigmoid(part(1)), np.tanh(part(2)), nn.sigmoid(part(3))];
    gates.dispose();
    c = f.mul(c).add(i.mul(g));
    h = o.mul(np.tanh(c.ref));
    states.push(h.ref);
  }
  fromInput.dispose();
  transposed.dispose();
  return { states: np.stack(states, 1), state: [h, c] };
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

async function setup(workload) {
  const { name, layers, x: data, labels, labelShape, classes, batch, input, inference, generate } = workload;
  if (name === "vgg6") throw new Error("not run: a step takes minutes.");
  const x = array(data, [batch, ...input]);
  let weights = layers
    .filter(({ weight }) => weight !== undefined)
    .flatMap(({ weight, weightShape, size, recurrent }) => [
      array(weight, weightShape),
      np.zeros([weightShape[0]]),
      ...(recurrent ? [array(recurrent, [4 * size, size]), np.zeros([4 * size])] : []),
    ]);
  const about = `wasm, ${threads ? `${navigator.hardwareConcurrency} workers` : "one thread"}`;
  if (generate) {
    const run = jit((weights, state, x) => walk(layers, weights, x, state));
    let [next, logits, state] = [x, undefined, [np.zeros([1, layers[0].size]), np.zeros([1, layers[0].size])]];
    const step = async () => {
      const made = run(
        weights.map((w) => w.ref),
        state,
        next,
      );
      state = made.state;
      logits = await made.x.data();
      const bits = new Float32Array(classes);
      bits[likeliest(logits, classes)] = 1;
      next = array(bits, [1, 1, classes]);
    };
    return { about, step, loss: async () => crossEntropy(logits, labels) };
  }
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
  const bits = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    bits[row * classes + label] = 1;
  });
  const target = array(bits, [...labelShape, classes]);
  const lossOf = (weights, x, target) =>
    np.sum(nn.logSoftmax(forward(layers, weights, x), -1).mul(target)).mul(-1 / labels.length);
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
