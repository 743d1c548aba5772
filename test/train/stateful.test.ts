import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { type Dataset, dataset } from "../../src/data/index.js";
import { dense, lstm, mse } from "../../src/nn/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { type Network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { type FitOptions, fit } from "../../src/train/index.js";
import { memoryStore } from "./memoryStore.js";
import { quiet, weightsOf } from "./points.js";

const [STREAMS, CHUNKS, TIME] = [3, 5, 4];
const network = (time = TIME): Network => sequential({ input: [time, 2], seed: 1 }, lstm(4), dense(1));

/** Numbers of streams [stream, time, features] as chunks in order: row j of batch k + 1 goes on where row j of batch k ends. */
function chunks(seed: number, features: number): Float32Array {
  const all = random(seed).normal(STREAMS * CHUNKS * TIME * features);
  const length = TIME * features;
  const ordered = new Float32Array(all.length);
  for (let chunk = 0; chunk < CHUNKS; chunk++)
    for (let stream = 0; stream < STREAMS; stream++)
      ordered.set(
        all.subarray((stream * CHUNKS + chunk) * length, (stream * CHUNKS + chunk + 1) * length),
        (chunk * STREAMS + stream) * length,
      );
  return ordered;
}

const streams = dataset({
  input: tensor(chunks(1, 2), [STREAMS * CHUNKS, TIME, 2]),
  target: tensor(chunks(2, 1), [STREAMS * CHUNKS, TIME, 1]),
  ordered: true,
});

const options = (): FitOptions => ({
  ...{ loss: mse(), optimizer: adam({ learningRate: 0.05 }), epochs: 3, batchSize: STREAMS, stateful: true },
  ...quiet,
});

describe("stateful training", () => {
  it("gives each batch the state that the one before has left", async () => {
    // Nothing is learned at rate 0, so that the predictions are those of a session.
    const net = network();
    const first = await streams.batch([0, 1, 2]);
    const still = { loss: mse(), optimizer: sgd({ learningRate: 0 }), stateful: true };
    const step = await TrainingStep.create(net, first, still);
    const session = net.session();
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const batch = await streams.batch([0, 1, 2].map((row) => chunk * STREAMS + row));
      const { outputs } = await step.run(batch);
      const expected = await session.predict(batch.inputs.input as Tensor);
      (outputs.output as Tensor).data.forEach((value, i) => {
        expect(value, `chunk ${chunk}`).toBeCloseTo(expected.data[i] as number, 5);
      });
    }
    step.forget();
    const { outputs } = await step.run(first);
    const fresh = await net.predict(first.inputs.input as Tensor);
    expect((outputs.output as Tensor).data[0]).toBeCloseTo(fresh.data[0] as number, 5);
    expect(step.state().get("lstm_1/l0/h")?.shape).toEqual([STREAMS, 4]);
  });

  it("begins every epoch anew, in the order of the data", async () => {
    const seen: number[] = [];
    const watched: Dataset = {
      ...streams,
      batch: (rows, draw) => {
        seen.push(...Array.from(rows));
        return streams.batch(rows, draw);
      },
    };
    const { history } = await fit(network(), watched, {
      ...options(),
      optimizer: sgd({ learningRate: 0 }),
    });
    expect(seen.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(new Set(history.map(({ training }) => training.loss)).size, "the same loss in every epoch").toBe(1);
  });

  it.each([[[2]], [[5]], [[7, 11]]])("goes on to the bit when stopped after %j steps", async (stops) => {
    const whole = network();
    await fit(whole, streams, { ...options(), folder: memoryStore() });
    const folder = memoryStore();
    for (const stop of stops)
      await fit(network(), streams, {
        ...{ ...options(), folder, resume: true },
        callbacks: [{ onStep: ({ step }, control) => (step >= stop ? control.stop() : undefined) }],
      });
    const net = network();
    await fit(net, streams, { ...options(), folder, resume: true });
    expect(weightsOf(net)).toEqual(weightsOf(whole));
    const stateless = network();
    await fit(stateless, streams, { ...options(), stateful: false });
    expect(weightsOf(stateless)).not.toEqual(weightsOf(whole));
  });

  it("says what does not fit", async () => {
    const { ordered: _, ...loose } = streams;
    await expect(fit(network(), loose, options())).rejects.toThrow("stateful needs data in order");
    await expect(fit(network(), streams, { ...options(), batchSize: 4 })).rejects.toThrow(
      "stateful needs whole batches, but 15 examples are no multiple of the batch size 4.",
    );
    await expect(fit(network(), streams, { ...options(), validation: 0.2 })).rejects.toThrow(
      "data in order cannot be divided by chance. Give validation data of its own.",
    );
    const step = await TrainingStep.create(network(), await streams.batch([0, 1]), {
      loss: mse(),
      optimizer: adam(),
      stateful: true,
    });
    await expect(step.run(await streams.batch([0, 1, 2]))).rejects.toThrow(
      "lstm_1/l0/h: the step remembers 2 examples, the batch has 3. Give as many in each.",
    );
    const learned = sequential({ input: [TIME, 2] }, lstm(4, { initialState: "learned" }), dense(1));
    await expect(fit(learned, streams, options())).rejects.toThrow(
      /learned initialState is not trained in "stateful" steps/,
    );
  });
});
