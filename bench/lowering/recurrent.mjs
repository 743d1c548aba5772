// Ways through time: an LSTM as a loop (`scan`) and written out step by step, on both engines of Node.
// node bench/lowering/recurrent.mjs [time] [batch]
import { built } from "./built.mjs";

const { constant } = await built("graph/index.js");
const { addmm, concat, expand, lstmGates, reshape, split, transpose, unsqueeze } = await built("ops/index.js");
const { crossEntropy, defineLayer, dense, lstm } = await built("nn/index.js");
const { sequential, TrainingStep } = await built("runtime/index.js");
const { adam } = await built("optim/index.js");
const { tensor } = await built("base/tensor.js");
const { nativeEngine, wasmEngine } = await built("node/engine.js");

const [TIME, BATCH] = [process.argv[2] ?? 64, process.argv[3] ?? 32].map(Number);
const [UNITS, CLASSES] = [256, 64];

const unrolled = defineLayer({
  kind: "unrolledLstm",
  options: [],
  build: ([x], _, scope) => {
    const weightIn = scope.parameter("weightIn", [4 * UNITS, CLASSES], "glorot");
    const weight = scope.parameter("weight", [4 * UNITS, UNITS], "glorot");
    const bias = reshape(scope.parameter("bias", [4 * UNITS], "zeros"), [4 * UNITS, 1]);
    let h = expand(constant([0], [1, 1]), [UNITS, "batch"]);
    let c = h;
    const states = split(transpose(x, [1, 2, 0]), TIME, 0).map((step) => {
      const given = addmm(bias, weightIn, reshape(step, [CLASSES, "batch"]));
      ({ h, cell: c } = lstmGates(addmm(given, weight, h), c));
      return unsqueeze(h, 0);
    });
    return transpose(concat(states, 0), [2, 0, 1]);
  },
});

const labels = Int32Array.from({ length: BATCH * TIME }, (_, i) => (i * 7919) % CLASSES);
const oneHot = new Float32Array(labels.length * CLASSES);
for (const [i, label] of labels.entries()) oneHot[i * CLASSES + label] = 1;
const batch = {
  inputs: { input: tensor(oneHot, [BATCH, TIME, CLASSES]) },
  targets: { target: tensor(labels, [BATCH, TIME]) },
};

for (const [name, make, runs] of [
  ["native", nativeEngine, 100],
  ["WebAssembly", wasmEngine, 15],
])
  for (const [way, layer] of [
    ["loop", () => lstm(UNITS)],
    ["written out", () => unrolled({})],
  ]) {
    const net = sequential({ input: [TIME, CLASSES], engine: await make() }, layer(), dense(CLASSES));
    const start = performance.now();
    const step = await TrainingStep.create(net, batch, { loss: crossEntropy(), optimizer: adam() });
    const ready = performance.now() - start;
    const times = [];
    for (let i = 0; i < runs; i++) {
      const before = performance.now();
      await step.run(batch);
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    const [least, median] = [times[0], times[times.length >> 1]].map((ms) => ms.toFixed(1));
    console.log(`${name}, ${way}: ready in ${ready.toFixed(0)} ms, a step least ${least}, median ${median} ms`);
  }
