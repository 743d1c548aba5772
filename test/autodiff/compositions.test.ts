import { gradients } from "../../src/autodiff/index.js";
import type { Value } from "../../src/graph/index.js";
import {
  add,
  avgPool,
  batchNorm,
  conv,
  div,
  exp,
  gather,
  linear,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  transpose,
} from "../../src/ops/index.js";
import { describeRows } from "../ops/harness.js";
import { integers, normal } from "../ops/inputs.js";
import { opRow } from "../ops/row.js";
import * as reference from "../reference/index.js";
import { array, map, type NdArray, zip } from "../reference/index.js";

// Whole networks as rows of the op harness: their losses are differentiated twice and held against differences of
// plain JavaScript.

const plus = (a: NdArray, b: NdArray) => zip((p, q) => p + q, a, b);
const times = (a: NdArray, b: NdArray) => zip((p, q) => p * q, a, b);

const perceptron = opRow({
  name: "a perceptron under cross entropy",
  inputs: {
    x: normal(["batch", 3]),
    w1: normal([4, 3]),
    b1: normal([4]),
    w2: normal([2, 4]),
    b2: normal([2]),
    target: normal(["batch", 2]),
  },
  op: ({ x, w1, b1, w2, b2, target }) => {
    const scores = linear(tanh(linear(x, w1, b1)), w2, b2);
    return neg(mean(sum(mul(softmax(target), logSoftmax(scores)), 1)));
  },
  ref: ({ x, w1, b1, w2, b2, target }) => {
    const scores = reference.linear(map(reference.linear(x, w1, b1), Math.tanh), w2, b2);
    const truth = reference.softmax(target, 1);
    return map(reference.mean(reference.sum(times(truth, reference.logSoftmax(scores, 1)), 1)), (v) => -v);
  },
});

const convolutional = opRow({
  name: "convolution, batch normalisation, pooling, a dense layer",
  inputs: {
    x: normal(["batch", 1, 6, 6]),
    w: normal([2, 1, 3, 3]),
    scale: normal([2], { mean: 1 }),
    bias: normal([2]),
    dense: normal([8, 2]),
  },
  op: ({ x, w, scale, bias, dense }) => {
    const normed = batchNorm(conv(x, w, undefined, { pads: [0, 1, 1, 0] }), scale, bias, 1e-3).y;
    const pooled = avgPool(sigmoid(normed), [2, 2], { strides: [2, 2] });
    return mean(square(matmul(reshape(pooled, ["batch", -1]), dense)));
  },
  ref: ({ x, w, scale, bias, dense }) => {
    const [normed] = reference.batchNorm(reference.conv(x, w, undefined, { pads: [0, 1, 1, 0] }), scale, bias, 1e-3);
    const pooled = reference.avgPool(map(normed, reference.sigmoid), [2, 2], { strides: [2, 2] }, true);
    const out = reference.matmul(reference.reshape(pooled, [-1, 8]), dense);
    return reference.mean(map(out, (v) => v * v));
  },
});

const attention = opRow({
  name: "an embedding and attention over it",
  inputs: { table: normal([5, 3]), tokens: integers(["batch", 4], 0, 5), query: normal([3, 3]) },
  op: ({ table, tokens, query }) => {
    const words = gather(table, tokens);
    const scores = matmul(matmul(words, query), words, { transposeB: true });
    return matmul(softmax(mul(scores, 3 ** -0.5)), words);
  },
  ref: ({ table, tokens, query }) => {
    const words = reference.gather(table, tokens);
    const scores = reference.matmul(reference.matmul(words, query), words, { transposeB: true });
    return reference.matmul(
      reference.softmax(
        map(scores, (v) => v * 3 ** -0.5),
        2,
      ),
      words,
    );
  },
});

const recurrent = opRow({
  name: "a recurrence over four steps, its weights shared",
  inputs: { x: normal(["batch", 4, 2]), w: normal([3, 2]), u: normal([3, 3]), h: normal(["batch", 3]) },
  op: ({ x, w, u, h }) => {
    let state = h;
    for (let t = 0; t < 4; t++) {
      const now = reshape(slice(x, [undefined, [t, t + 1]]), ["batch", 2]);
      state = tanh(add(linear(now, w), linear(state, u)));
    }
    return state;
  },
  ref: ({ x, w, u, h }) => {
    let state = h;
    for (let t = 0; t < 4; t++) {
      const now = reference.reshape(reference.slice(x, [undefined, [t, t + 1]]), [-1, 2]);
      const fed = plus(
        reference.matmul(now, w, { transposeB: true }),
        reference.matmul(state, u, { transposeB: true }),
      );
      state = map(fed, Math.tanh);
    }
    return state;
  },
});

const everyday = opRow({
  name: "a formula of many parts, shared and broadcast",
  inputs: { x: normal(["batch", 3]), y: normal([3]) },
  op: ({ x, y }) => {
    const shared = sin(mul(x, y));
    const weights = exp(neg(square(shared)));
    return div(add(mul(weights, x), transpose(transpose(shared))), add(1, mul(weights, weights)));
  },
  ref: ({ x, y }) =>
    zip(
      (a, b) => {
        const shared = Math.sin(a * b);
        const weight = Math.exp(-shared * shared);
        return (weight * a + shared) / (1 + weight * weight);
      },
      x,
      y,
    ),
});

describeRows("networks", [perceptron, convolutional, attention, recurrent, everyday]);

/** The critic u tanh(W x), and by hand its gradient by x: W^T (u (1 - tanh^2)). */
const critic = {
  op: (x: Value, w: Value, u: Value) => linear(tanh(linear(x, w)), u),
  slope: (x: NdArray, w: NdArray, u: NdArray) => {
    const hidden = map(reference.matmul(x, w, { transposeB: true }), Math.tanh);
    const passed = zip((h, v) => v * (1 - h * h), hidden, u);
    return reference.matmul(passed, w);
  },
};

describeRows("gradients inside of losses", [
  opRow({
    name: "the gradient penalty of a critic (Gulrajani et al. 2017): mean (|dD/dx| - 1)^2",
    inputs: { x: normal(["batch", 3]), w: normal([4, 3]), u: normal([1, 4]) },
    op: ({ x, w, u }) => {
      const [slope] = gradients(sum(critic.op(x, w, u)), [x]) as [Value];
      return mean(square(sub(sqrt(sum(square(slope), 1)), 1)));
    },
    ref: ({ x, w, u }) => {
      const norms = map(
        reference.sum(
          map(critic.slope(x, w, u), (g) => g * g),
          1,
        ),
        Math.sqrt,
      );
      return reference.mean(map(norms, (n) => (n - 1) ** 2));
    },
  }),
  opRow({
    name: "the product of a Hessian with a vector",
    inputs: { x: normal([4]), v: normal([4]) },
    op: ({ x, v }) => {
      const [first] = gradients(sum(exp(mul(x, slice(x, [[undefined, undefined, -1]])))), [x]) as [Value];
      return gradients(sum(mul(first, v)), [x])[0] as Value;
    },
    // f = sum exp(x_i x_j), j = n - 1 - i: each pair counts twice.
    ref: ({ x, v }) =>
      array(
        Array.from(x.data, (a, i) => {
          const j = x.data.length - 1 - i;
          const [b, p] = [x.data[j] as number, Math.exp(a * (x.data[j] as number))];
          return 2 * p * (b * b * (v.data[i] as number) + (1 + a * b) * (v.data[j] as number));
        }),
      ),
  }),
  opRow({
    name: "one step of plain gradient descent, differentiated through",
    inputs: { x: normal(["batch", 2]), w: normal([1, 2]), rate: normal([]) },
    op: ({ x, w, rate }) => {
      const error = (weights: Value) => mean(square(sub(matmul(x, weights, { transposeB: true }), 1)));
      const [slope] = gradients(error(w), [w]) as [Value];
      return error(sub(w, mul(rate, slope)));
    },
    ref: ({ x, w, rate }) => {
      const residual = (weights: NdArray) => map(reference.matmul(x, weights, { transposeB: true }), (v) => v - 1);
      const slope = map(
        reference.matmul(residual(w), x, { transposeA: true }),
        (g) => (2 * g) / (x.shape[0] as number),
      );
      const moved = zip((a, g, r) => a - r * g, w, slope, rate);
      return reference.mean(map(residual(moved), (v) => v * v));
    },
  }),
]);
