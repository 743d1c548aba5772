// A network that counts: four LSTM units learn a^n b^n for n up to 20, go on far beyond, and one sees in their cells how.
import {
  accuracy,
  adam,
  crossEntropy,
  dataset,
  dense,
  embedding,
  evaluate,
  fit,
  lstm,
  sequential,
  tensor,
} from "midst";
import { trace } from "midst/look";

/** For each n: the start, n times a, n times b. After each b the network says whether another b follows, or the end. */
function counting(counts, time) {
  const tokens = new Int32Array(counts.length * time);
  const labels = new Int32Array(counts.length * time).fill(-1); // -1: not asked
  for (const [row, n] of counts.entries()) {
    const first = row * time;
    tokens[first] = 1;
    tokens.fill(2, first + 1, first + 1 + n);
    tokens.fill(3, first + 1 + n, first + 1 + 2 * n);
    labels.fill(0, first + 1 + n, first + 2 * n);
    labels[first + 2 * n] = 1;
  }
  return dataset({ input: tensor(tokens, [counts.length, time]), target: tensor(labels, [counts.length, time]) });
}

const counts = Array.from({ length: 160 }, (_, i) => 1 + (i % 20));
const net = sequential({ input: [41], dtype: "int32", seed: 1 }, embedding(4, 4), lstm(4), dense(2));
await fit(net, counting(counts, 41), {
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  clip: { norm: 1 },
  batchSize: 20,
  epochs: 250,
  progress: false,
});

// The same network, weights shared, for longer inputs.
const long = net.at({ input: [201] });
let reach = 0;
while (reach < 100) {
  const { accuracy: share } = await evaluate(long, counting([reach + 1], 201), { metrics: [accuracy()] });
  if (share < 1) break;
  reach++;
}
console.log(
  `learned from n up to 20, right for every n up to ${reach}${reach === 100 ? " (as far as was tried)" : ""}`,
);

const { inputs } = counting([12], 41).batch([0]);
const { value: hidden } = await trace(net, inputs.input);
const cell = hidden.get("lstm_1/cell"); // [1, 41, 4]
const at = (step, unit) => cell.data[step * 4 + unit];
// The unit that rises with the a and falls with the b.
const slope = (unit) => at(12, unit) - at(1, unit);
const counter = [0, 1, 2, 3].sort((a, b) => Math.abs(slope(b)) - Math.abs(slope(a)))[0];
console.log(`cell ${counter} through aaaaaaaaaaaabbbbbbbbbbbb:`);
console.log(Array.from({ length: 24 }, (_, i) => at(i + 1, counter).toFixed(1)).join(" "));
