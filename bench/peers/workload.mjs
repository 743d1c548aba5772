// The workloads and their synthetic numbers, the same in every peer (torch.py holds the Python twin).
import { readFileSync } from "node:fs";

const workloads = JSON.parse(readFileSync(new URL("./workloads.json", import.meta.url), "utf8"));

/** The murmur3 finaliser of `index + stream * 0x9e3779b9`: 32 random bits with no state. */
function hash(index, stream) {
  let h = (index + Math.imul(stream, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `count` numbers evenly spread over [-bound, bound). */
function uniform(stream, count, bound) {
  return Float32Array.from({ length: count }, (_, i) => ((hash(i, stream) >>> 8) / 2 ** 23 - 1) * bound);
}

/**
 * A game of two networks: `x` [batch, ...input] real pictures, `latent` the numbers of noise that each made one comes from
 * (drawn anew for each step as midst draws them: normal, by the seed 0), and the layers of the generator and the
 * discriminator as { kind, size, stride, padding, weight, weightShape, bias }, weights [in, out, 4, 4] of a
 * transposed convolution and [out, in, 4, 4] of another, within 1 / sqrt(numbers in one part of the first axis). Only
 * convolutions that no norm follows have a bias, which is zero.
 */
function makeGame(name, { batch, input, latent, generator, discriminator }) {
  const player = (layers, stream, inputs) => {
    let channels = inputs;
    return layers.map(([kind, size, stride, padding], i) => {
      if (size === undefined) return { kind };
      const weightShape = [...(kind === "conv4x4" ? [size, channels] : [channels, size]), 4, 4];
      const each = weightShape.slice(1).reduce((a, b) => a * b);
      channels = size;
      const weight = uniform(stream + i, each * weightShape[0], 1 / Math.sqrt(each));
      return { kind, size, stride, padding, weight, weightShape, bias: layers[i + 1]?.[0] !== "norm" };
    });
  };
  return {
    name,
    game: true,
    batch,
    input,
    latent,
    x: uniform(1, batch * input.reduce((a, b) => a * b), 1),
    generator: player(generator, 100, latent),
    discriminator: player(discriminator, 300, input[0]),
  };
}

/**
 * A workload with its batch and first weights (a game of two networks: see `makeGame`):
 * `x` [batch, ...input], `labels` [batch] in 0 to 9, `optimizer` "adam" or "sgd", and per layer
 * { kind, size, padding, weight, weightShape, input }, weights [out, in] or [out, in, 3, 3] within 1 / sqrt(fan in),
 * biases zero, `input` the layer's input shape. An lstm has `weight` [4 size, in] by its input and `recurrent`
 * [4 size, size] by its state, gates in the order i, f, g, o; then inputs are [time, features], there is a label for each
 * step, as many kinds of them as features, and where `oneHot`, each step of `x` is one of the features. A workload with `resnet` (its depth) has that network's layers in the
 * order of its weights, batch norms and shortcuts left out.
 */
export function makeWorkload(name) {
  const workload = workloads[name];
  if (workload === undefined) throw new Error(`There is no workload "${name}".`);
  if (workload.generator !== undefined) return makeGame(name, workload);
  const { batch, input, inference = false, generate = false, optimizer = "adam", resnet } = workload;
  let shape = input;
  const layers = (workload.layers ?? residualLayers(resnet)).map(([kind, size, padding, stride], i) => {
    const layer = { kind, size, padding, stride, input: shape };
    if (kind === "dense") layer.weightShape = [size, shape.at(-1)];
    if (kind === "conv3x3") layer.weightShape = [size, shape[0], 3, 3];
    if (kind === "lstm") {
      layer.weightShape = [4 * size, shape[1]];
      layer.recurrent = uniform(200 + i, 4 * size * size, 1 / Math.sqrt(size));
    }
    if (layer.weightShape !== undefined) {
      const count = layer.weightShape.reduce((a, b) => a * b);
      layer.weight = uniform(100 + i, count, Math.sqrt(layer.weightShape[0] / count));
    }
    shape = outputShape(layer);
    return layer;
  });
  const count = input.reduce((a, b) => a * b, batch);
  const recurrent = layers.some(({ kind }) => kind === "lstm");
  const [labelShape, classes] = recurrent ? [[batch, input[0]], input[1]] : [[batch], 10];
  const labels = Int32Array.from({ length: labelShape.reduce((a, b) => a * b) }, (_, i) => hash(i, 2) % classes);
  const x = workload.oneHot ? oneHot(count / classes, classes) : uniform(1, count, 1);
  return { name, batch, input, inference, generate, optimizer, resnet, layers, x, labels, labelShape, classes };
}

function oneHot(rows, classes) {
  const x = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) x[row * classes + (hash(row, 1) % classes)] = 1;
  return x;
}

/**
 * The network of He et al. 2016 for pictures of 32x32 (16, 32 and 64 filters): after the first convolution each two
 * are a block. Every convolution is followed by a batch norm.
 */
function residualLayers(depth) {
  const blocks = (depth - 2) / 6;
  const convs = [["conv3x3", 16, "same", 1]];
  for (const size of [16, 32, 64])
    for (let i = 0; i < blocks; i++) {
      convs.push(["conv3x3", size, "same", size > 16 && i === 0 ? 2 : 1]);
      convs.push(["conv3x3", size, "same", 1]);
    }
  return [...convs, ["mean"], ["dense", 10]];
}

function outputShape({ kind, size, padding, stride = 1, input }) {
  const [channels, height, width] = input;
  if (kind === "mean") return [channels];
  if (stride === 2) return [size, height / 2, width / 2];
  if (kind === "dense") return [...input.slice(0, -1), size];
  if (kind === "lstm") return [input[0], size];
  if (kind === "conv3x3") return padding === "same" ? [size, height, width] : [size, height - 2, width - 2];
  if (kind === "pool2") return [channels, Math.floor(height / 2), Math.floor(width / 2)];
  if (kind === "flatten") return [channels * height * width];
  return input;
}

/** The most likely of the last row of scores: what a generator takes for its next input. */
export function likeliest(scores, classes) {
  const last = scores.slice(-classes);
  return last.indexOf(Math.max(...last));
}

/** Mean cross entropy of logits [batch, 10] (or as many classes as there are), for inference, where no peer computes it inside its step. */
export function crossEntropy(logits, labels) {
  const classes = logits.length / labels.length;
  let sum = 0;
  labels.forEach((label, row) => {
    const z = Array.from(logits.slice(row * classes, (row + 1) * classes));
    const top = Math.max(...z);
    sum += top + Math.log(z.reduce((total, v) => total + Math.exp(v - top), 0)) - z[label];
  });
  return sum / labels.length;
}
