// A table: which penguin is it? Missing values and categories are handled; scaling is learned on the training rows alone.
import { accuracy, adam, crossEntropy, dense, evaluate, fit, relu, sequential } from "midst";
import { tableData } from "midst/data";

// Two kinds of made-up flowers, so that the example runs anywhere; read a file of your own with readFile().
const rows = Array.from({ length: 200 }, (_, i) => {
  const kind = i % 2 === 0 ? "alpine" : "meadow";
  const height = (kind === "alpine" ? 12 : 30) + 8 * Math.sin(i * 1.7);
  const petals = i % 7 === 0 ? "" : String(kind === "alpine" ? 5 : 8);
  return `${height.toFixed(1)},${petals},${i % 3 === 0 ? "white" : "yellow"},${kind}`;
});
const text = ["height,petals,colour,kind", ...rows].join("\n");

const { train, test } = tableData(text, { target: "kind", split: { train: 0.8, test: 0.2 } });
const net = sequential({ input: train.inputShapes.input }, dense(16), relu(), dense(2));
await fit(net, train, { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 20, progress: false });
console.log(await evaluate(net, test, { metrics: [accuracy()] }));
