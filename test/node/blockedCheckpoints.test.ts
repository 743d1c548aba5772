import { expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { resnet } from "../../src/nets/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { blockChannels } from "../../src/node/blocked.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower } from "../../src/onnx/index.js";
import { sgd } from "../../src/optim/index.js";
import { TrainingStep } from "../../src/runtime/index.js";
import { stepPlan } from "../../src/runtime/stepGraph.js";
import { nodesIn } from "../support/model.js";

const options = { depth: 14, classes: 4, input: [3, 8, 8], seed: 1 } as const;
const step = { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) };

/** How often a training step goes from one layout to the other. */
function reorders(checkpointed: boolean): number {
  const target = { dtype: "int32", shape: ["batch"] } as const;
  const { graph } = stepPlan(resnet({ ...options, checkpointed }).traced(true), step, { target }, false, 2).batch;
  const { bytes } = blockChannels(lower(graph), 16, { batch: 16 }) ?? { bytes: new Uint8Array() };
  return nodesIn(bytes).filter(({ opType }) => opType.startsWith("Reorder")).length;
}

it("checkpoints leave pictures in the layout they have", () => {
  expect(reorders(false)).toBeGreaterThan(5);
  expect(reorders(true)).toBe(reorders(false));
});

it("a checkpointed network learns the same there", async () => {
  const engine = await nativeEngine();
  const batch = {
    inputs: { input: tensor(random(2, "pictures").normal(16 * 3 * 8 * 8), [16, 3, 8, 8]) },
    targets: {
      target: tensor(
        Int32Array.from({ length: 16 }, (_, i) => i % 4),
        [16],
      ),
    },
  };
  const losses = [];
  for (const checkpointed of [false, true]) {
    const training = await TrainingStep.create(resnet({ ...options, checkpointed, engine }), batch, step);
    const run: number[] = [];
    for (let i = 0; i < 5; i++) run.push((await training.run(batch)).loss);
    losses.push(run);
  }
  expect(losses[1]).toEqual(losses[0]);
});
