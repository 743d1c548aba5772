// A small GPT that sorts: two causal transformer blocks learn to write six letters in their order, letter after letter.
import {
  accuracy,
  adam,
  crossEntropy,
  dataset,
  dense,
  embedding,
  evaluate,
  fit,
  layerNorm,
  positionalEncoding,
  random,
  sequential,
  tensor,
  transformerBlock,
} from "midst";

const [LETTERS, LENGTH] = ["abcdefgh", 6];
const ARROW = LETTERS.length;
const TIME = 2 * LENGTH; // six letters, the arrow, and five of the answer: the sixth follows the last

/** Letters, an arrow and the letters in order. At each step the label is the token that follows, within the answer. */
function sorting(count, seed) {
  const draws = random(seed, "letters");
  const tokens = new Int32Array(count * TIME);
  const labels = new Int32Array(count * TIME).fill(-1); // -1: not asked
  for (let row = 0; row < count; row++) {
    const letters = Array.from({ length: LENGTH }, () => draws.below(LETTERS.length));
    const sorted = [...letters].sort((a, b) => a - b);
    tokens.set([...letters, ARROW, ...sorted.slice(0, -1)], row * TIME);
    labels.set(sorted, row * TIME + LENGTH);
  }
  return dataset({ input: tensor(tokens, [count, TIME]), target: tensor(labels, [count, TIME]) });
}

const net = sequential(
  { input: [TIME], dtype: "int32", seed: 1 },
  embedding(LETTERS.length + 1, 32),
  positionalEncoding({ kind: "learned" }),
  transformerBlock(4, { causal: true }),
  transformerBlock(4, { causal: true }),
  layerNorm(),
  dense(LETTERS.length),
);
console.log(net.summary());
await fit(net, sorting(4000, 1), {
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 3e-3 }),
  epochs: 6,
  batchSize: 64,
  progress: false,
});
const scores = await evaluate(net, sorting(1000, 2), { metrics: [accuracy()] });
console.log(`letters right on new examples: ${(100 * scores.accuracy).toFixed(1)} %`);

// It writes: each letter that it finds most likely is given back to it.
const given = [..."hgadbf"].map((letter) => LETTERS.indexOf(letter));
const tokens = new Int32Array(TIME);
tokens.set([...given, ARROW]);
const written = [];
for (let step = LENGTH; step < TIME; step++) {
  const { data } = await net.predict(tensor(tokens, [1, TIME]));
  const own = Array.from(data.slice(step * LETTERS.length, (step + 1) * LETTERS.length));
  const letter = own.indexOf(Math.max(...own));
  written.push(LETTERS[letter]);
  if (step + 1 < TIME) tokens[step + 1] = letter;
}
console.log(`hgadbf -> ${written.join("")}`);
