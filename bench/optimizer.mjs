// What the optimizer's update costs when each weight is updated alone, when small ones are joined into one vector (as
// midst does, below 16,384 numbers), and when all are: least milliseconds of Adam's update alone, ways in turns.
//   node bench/optimizer.mjs
import { built } from "./lowering/built.mjs";

const [{ adam, sequential, dense, relu, conv2d, maxPool2d, flatten }, { resnet }, { nativeEngine }] = await Promise.all(
  [built("index.js"), built("nets/index.js"), built("node/index.js")],
);
const { lower } = await built("onnx/index.js");
const { input } = await built("graph/index.js");
const { flat, parts } = await built("runtime/weightGroups.js");
const { zeros } = await built("base/tensor.js");

const stage = (filters) => [
  conv2d(filters, 3, { padding: "same" }),
  relu(),
  conv2d(filters, 3, { padding: "same" }),
  relu(),
  maxPool2d(2),
];
const networks = {
  perceptron: sequential({ input: [784] }, dense(512), relu(), dense(512), relu(), dense(10)),
  "VGG-6": sequential({ input: [3, 32, 32] }, ...stage(64), ...stage(128), flatten(), dense(256), relu(), dense(10)),
  "ResNet-20": resnet({ depth: 20, classes: 10 }),
  "ResNet-110": resnet({ depth: 110, classes: 10 }),
};
const ways = { "each alone": 0, "small ones joined": 16_384, "all joined": Number.POSITIVE_INFINITY };

/** A program that updates a network's weights, those below `limit` numbers as one vector, and what it is fed. */
async function updateOf(net, limit, engine) {
  const weights = [...net.weights].map(([name, { shape, data }]) => ({ name, shape, size: data.length }));
  const small = weights.filter(({ size }) => size < limit);
  const groups = [
    ...weights.filter(({ size }) => size >= limit).map((one) => [one]),
    ...(small.length > 0 ? [small] : []),
  ];
  const optimizer = adam();
  const inputs = {};
  const outputs = {};
  const given = (name, shape) => {
    inputs[name] = input(name, shape);
    return inputs[name];
  };
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(1)).map((name) => [name, given(`scalar/${name}`, [])]),
  );
  groups.forEach((members, g) => {
    const parameters = members.map(({ name, shape }) => ({ name, shape, value: given(name, shape) }));
    const slopes = members.map(({ name, shape }) => given(`gradient/${name}`, shape));
    const parameter = flat(parameters.map(({ value }) => value));
    const state = Object.fromEntries(optimizer.slots.map((slot) => [slot, given(`${slot}/${g}`, parameter.shape)]));
    const made = optimizer.update({ parameter, gradient: flat(slopes), state, scalars });
    for (const [slot, value] of Object.entries(made.state)) outputs[`next/${slot}/${g}`] = value;
    parts(made.parameter, parameters).forEach((value, i) => {
      outputs[`next/${parameters[i].name}`] = value;
    });
  });
  const program = await engine.load(lower({ inputs, outputs }), { purpose: "training" });
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, zeros(shape)]));
  const into = Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, zeros(shape)]));
  return () => program.run(feeds, into);
}

const engine = await nativeEngine();
console.log(`Adam's update, least ms of ${Object.keys(ways).join(", ")}:`);
for (const [name, net] of Object.entries(networks)) {
  const runs = await Promise.all(Object.values(ways).map((limit) => updateOf(net, limit, engine)));
  const least = runs.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 60; round++)
    for (const [i, run] of runs.entries()) {
      const from = performance.now();
      await run();
      least[i] = Math.min(least[i], performance.now() - from);
    }
  console.log(`  ${name.padEnd(12)} ${least.map((ms) => ms.toFixed(2).padStart(8)).join(" ")}`);
}
