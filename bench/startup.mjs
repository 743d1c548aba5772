// Prints the seconds from the import of midst to the end of the first training step of the MNIST network.
const began = performance.now();
const midst = await import("midst");
const { networkOf } = await import("./peers/networks.mjs");
const { makeWorkload } = await import("./peers/workload.mjs");

const { crossEntropy, TrainingStep, adam, tensor } = midst;
const workload = makeWorkload("conv");
const data = {
  inputs: { input: tensor(workload.x, [64, 1, 28, 28]) },
  targets: { target: tensor(workload.labels, [64]) },
};
const step = await TrainingStep.create(networkOf(midst, {}, workload), data, {
  loss: crossEntropy(),
  optimizer: adam(),
});
await step.run(data);
process.stdout.write(((performance.now() - began) / 1000).toFixed(3));
