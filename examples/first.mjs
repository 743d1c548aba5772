// The first program of the README: a convolutional network that tells drawn leaves apart.
import { accuracy, conv2d, crossEntropy, dense, evaluate, fit, flatten, maxPool2d, relu, sequential } from "midst";
import { drawnLeaves } from "midst/data";
import { trace } from "midst/look";

const training = drawnLeaves({ perClass: 60, size: 32 });
const test = drawnLeaves({ perClass: 10, size: 32, seed: 1 });

const net = sequential(
  { input: [3, 32, 32] },
  conv2d(16, 3),
  relu(),
  maxPool2d(2),
  conv2d(32, 3),
  relu(),
  maxPool2d(2),
  flatten(),
  dense(64),
  relu(),
  dense(training.classes.length),
);
console.log(net.summary());

await fit(net, training, { loss: crossEntropy(), epochs: 8, metrics: [accuracy()] });
console.log(await evaluate(net, test, { metrics: [accuracy()] }));

const { inputs } = await test.batch([0]);
const { value: hidden } = await trace(net, inputs.input);
for (const [name, { shape }] of hidden) console.log(name, shape);
