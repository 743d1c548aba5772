// Skip connections, two inputs and two outputs: a network as a function of values.
import {
  adam,
  add,
  concat,
  conv2d,
  crossEntropy,
  dense,
  flatten,
  globalAvgPool,
  mse,
  network,
  relu,
  TrainingStep,
  tensor,
} from "midst";

const net = network({ image: [1, 8, 8], place: [2] }, ({ image, place }) => {
  const first = relu()(conv2d(8, 3, { padding: "same" })(image));
  const second = conv2d(8, 3, { padding: "same" })(first);
  const features = concat()(globalAvgPool()(relu()(add()(first, second))), relu()(dense(8)(flatten()(place))));
  return { kind: dense(3, { name: "kind" })(features), size: dense(1, { name: "size" })(features) };
});

// A training loop of one's own: one compiled step, called as often as wanted.
const batch = {
  inputs: {
    image: tensor(
      Array.from({ length: 4 * 64 }, (_, i) => Math.sin(i)),
      [4, 1, 8, 8],
    ),
    place: tensor([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]),
  },
  targets: { kind: tensor(new Int32Array([0, 1, 2, 0]), [4]), size: tensor([1, 2, 3, 4], [4, 1]) },
};
const step = await TrainingStep.create(net, batch, {
  loss: { kind: crossEntropy(), size: mse() },
  optimizer: adam({ learningRate: 0.01 }),
});
for (let i = 0; i <= 100; i++) {
  const { loss } = await step.run(batch);
  if (i % 25 === 0) console.log(`step ${i}: loss ${loss.toFixed(4)}`);
}
step.publish();
console.log((await net.predict(batch.inputs)).size.data);
