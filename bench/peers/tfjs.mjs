// TensorFlow.js: WebAssembly where it has the kernels, plain JavaScript ("cpu") for the gradient of convolutions.
import { fileURLToPath } from "node:url";

// Its advice to use another package goes to the console; standard output belongs to the protocol.
console.log = console.error;
console.warn = console.error;
const tf = await import("@tensorflow/tfjs");
const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
const { serve } = await import("./serve.mjs");
const { crossEntropy, likeliest } = await import("./workload.mjs");

setWasmPaths(fileURLToPath(new URL("../dist/", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));

/** Weights come as PyTorch has them and become [in, out] and [3, 3, in, out]; pictures are NHWC. */
function makeLayers({ layers, input }) {
  const weights = [];
  let picture = input.length === 3 ? input : undefined;
  const forward = layers.map((layer) => {
    const { kind, size, padding } = layer;
    if (kind === "relu") return (x) => tf.relu(x);
    if (kind === "pool2") return (x) => tf.maxPool(x, 2, 2, "valid");
    if (kind === "flatten") {
      picture = layer.input;
      return (x) => x.reshape([x.shape[0], -1]);
    }
    const bias = tf.variable(tf.zeros([layer.weightShape[0]]));
    const given = tf.tensor(layer.weight, layer.weightShape);
    if (kind === "lstm") {
      const matrix = tf.variable(given.transpose());
      const recurrent = tf.variable(tf.tensor(layer.recurrent, [4 * size, size]).transpose());
      // PyTorch has two biases.
      const other = tf.variable(tf.zeros([4 * size]));
      weights.push(matrix, bias, recurrent, other);
      return (x, state) => lstm(x, matrix, tf.add(bias, other), recurrent, state);
    }
    if (kind === "conv3x3") {
      const filter = tf.variable(given.transpose([2, 3, 1, 0]));
      weights.push(filter, bias);
      return (x) => tf.add(tf.conv2d(x, filter, 1, padding), bias);
    }
    // After flatten the features come in the order [H, W, C].
    const ordered = picture
      ? given
          .reshape([size, ...picture])
          .transpose([0, 2, 3, 1])
          .reshape([size, -1])
      : given;
    picture = undefined;
    const matrix = tf.variable(ordered.transpose());
    weights.push(matrix, bias);
    return (x) => {
      const rows = tf.matMul(x.reshape([-1, x.shape.at(-1)]), matrix);
      return tf.add(rows, bias).reshape([...x.shape.slice(0, -1), size]);
    };
  });
  return { weights, forward: (x, state) => forward.reduce((value, layer) => layer(value, state), x) };
}

/**
 * Steps written out, as fast as its own layer (2.3 s against 2.3 at 64 steps); the input's products are made for all steps at once.
 * @param x [batch, time, features]
 * @param state { h, c } [batch, units], which it changes; zeros where there is none
 */
function lstm(x, matrix, bias, recurrent, state = {}) {
  const [batch, time, features] = x.shape;
  const units = recurrent.shape[0];
  let { h = tf.zeros([batch, units]), c = tf.zeros([batch, units]) } = state;
  const products = tf.add(tf.matMul(x.reshape([-1, features]), matrix), bias).reshape([batch, time, 4 * units]);
  const states = products.unstack(1).map((fromInput) => {
    const [i, f, g, o] = tf.add(fromInput, tf.matMul(h, recurrent)).split(4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    return h;
  });
  Object.assign(state, { h, c });
  return tf.stack(states, 1);
}

async function setup(workload) {
  const { batch, input, inference, generate, labels, labelShape, classes, name } = workload;
  const convolves = input.length === 3;
  if (name === "vgg6") throw new Error("not run: a step on the cpu backend takes minutes.");
  const backend = convolves && !inference ? "cpu" : "wasm";
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} did not start.`);
  await tf.ready();
  const { weights, forward } = makeLayers(workload);
  const given = tf.tensor(workload.x, [batch, ...input]);
  const x = convolves ? given.transpose([0, 2, 3, 1]) : given;
  const about = `${backend}, one thread`;
  if (generate) {
    let [next, logits, state] = [x, undefined, {}];
    const step = async () => {
      const [y, made] = tf.tidy(() => {
        const own = { ...state };
        return [forward(next, own), own];
      });
      tf.dispose([next, state]);
      state = made;
      logits = await y.data();
      y.dispose();
      next = tf
        .oneHot([likeliest(logits, classes)], classes)
        .toFloat()
        .reshape([1, 1, classes]);
    };
    return { about, step, loss: async () => crossEntropy(logits, labels) };
  }
  if (inference) {
    let logits;
    const step = async () => {
      const y = tf.tidy(() => forward(x));
      logits = await y.data();
      y.dispose();
    };
    return { about, step, loss: async () => crossEntropy(logits, labels) };
  }
  const target = tf.oneHot(tf.tensor(labels, labelShape, "int32"), classes).toFloat();
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  let loss = Number.NaN;
  const step = async () => {
    const value = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, forward(x)), true, weights);
    loss = (await value.data())[0];
    value.dispose();
  };
  return { about, step, loss: async () => loss, ...(backend === "cpu" && { cap: 1 }) };
}

await serve({ peer: "tfjs", version: tf.version.tfjs }, setup);
