import { expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { dataset } from "../../src/data/index.js";
import { resnet } from "../../src/nets/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { fit } from "../../src/train/index.js";

const pictures = tensor(random(1).uniform(96 * 3 * 256), [96, 3, 16, 16]);
const data = dataset({
  input: pictures,
  target: Array.from({ length: 96 }, (_, i) => i % 3),
  classes: ["a", "b", "c"],
});

/** The bits of a small residual network's weights after three steps. */
async function trained(threads: number): Promise<number[]> {
  const engine = await nativeEngine({ threads });
  const net = resnet({ depth: 14, classes: 3, input: [3, 16, 16], seed: 2, engine });
  await fit(net, data, { loss: crossEntropy(), epochs: 1, progress: false });
  return [...net.weights.values()].flatMap(({ data: numbers }) => [
    ...new Uint32Array((numbers as Float32Array).slice().buffer),
  ]);
}

it("training gives the same bits twice, and with one thread, two or three", async () => {
  const expected = await trained(2);
  expect(expected.length).toBeGreaterThan(10_000);
  for (const threads of [2, 1, 3]) expect(await trained(threads)).toEqual(expected);
});
