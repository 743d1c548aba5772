import { describe, expect, it } from "vitest";
import { type Batch, dataset, dense, gan, sequential, type Tensor, tensor } from "../../src/index.js";
import { type GameWarningsOptions, gameWarnings } from "../../src/look/index.js";
import { denseGan } from "../../src/nets/index.js";
import { noise, plant } from "./networks.js";

const real = noise([400, 6], 1);
const data = dataset({ input: real });

/** A game whose generator makes what it is told to, of its noise. */
const making = (make: (noise: Float32Array) => Float32Array) => ({
  batch: ({ inputs }: Batch) => ({ examples: inputs.input as Tensor, conditions: {} }),
  sample: async (count: number, { seed = 0 } = {}) => tensor(make(noise([count, 6], seed + 2).data), [count, 6]),
});
/** Makes examples as the data has them. */
const healthy = making((x) => x);

type Scores = Readonly<Record<string, number>>;
const balanced: Scores = {
  loss: 1.3,
  "generator loss": 0.8,
  "real accuracy": 0.7,
  "fake accuracy": 0.65,
  "generator gradient": 0.2,
  "discriminator gradient": 0.5,
};

/** What is said in epochs of these scores. */
async function told(
  epochs: readonly Scores[],
  options: GameWarningsOptions = {},
  game: Parameters<typeof gameWarnings>[0] = healthy,
) {
  const watch = gameWarnings(game, data, options);
  watch.onStart();
  const said: string[] = [];
  for (const [i, training] of epochs.entries())
    await watch.onEpoch({ epoch: i + 1, training }, { warn: (message) => said.push(`${i + 1}: ${message}`) });
  return said;
}

const repeat = (scores: Partial<Record<string, number>>, times = 6): Scores[] =>
  Array.from({ length: times }, () => ({ ...balanced, ...scores }) as Scores);

describe("a healthy game", () => {
  it.each([
    ["in balance", repeat({})],
    ["whose loss moves", [1.38, 1.3, 1.25, 1.31, 1.28].map((loss) => ({ ...balanced, loss }))],
    [
      "at its end, where nothing can be told apart any more",
      [{ ...balanced, loss: 0.9 }, ...repeat({ loss: 1.386, "real accuracy": 0.5, "fake accuracy": 0.5 })],
    ],
    [
      "with one epoch in which the discriminator is sure",
      [
        ...repeat({}, 1),
        ...repeat({ "real accuracy": 0.99, "fake accuracy": 0.99 }, 1),
        ...repeat({}, 1),
        ...repeat({ "fake accuracy": 0.01 }, 1),
        ...repeat({ loss: 0.001 }, 1),
      ],
    ],
    ["that says little of itself", repeat({ loss: 1 }).map(({ loss }) => ({ loss: loss as number }))],
    ["with scores that are not finite", repeat({ loss: Number.NaN, "generator gradient": Number.NaN })],
  ])("%s is not warned of", async (_, epochs) => {
    expect(await told(epochs, { memorised: 400 })).toEqual([]);
  });
});

describe("what is planted", () => {
  it("a discriminator that has won is warned of once, in its second sure epoch", async () => {
    expect(await told([...repeat({}, 1), ...repeat({ "real accuracy": 0.99, "fake accuracy": 0.985 })])).toEqual([
      expect.stringMatching(
        /^3: discriminator: it is right about 99 % of the real and 9[89] % of the made examples, 2 epochs running: it has won\..* Try r1 or instanceNoise/,
      ),
    ]);
    expect(await told(repeat({ loss: 0.002 }))).toEqual([
      expect.stringMatching(/^2: discriminator: its loss is 2\.0e-3, 2 epochs running: it has won\./),
    ]);
  });

  it("but a critic may be as good as it can", async () => {
    const sure = repeat({ "real accuracy": 1, "fake accuracy": 1, loss: -0.001 });
    expect(await told(sure, { critic: true })).toEqual([]);
    expect(await told(repeat({ "fake accuracy": 0 }), { critic: true })).toEqual([]);
  });

  it("a discriminator that learns nothing is warned of after four epochs", async () => {
    const blind = { loss: 1.3863, "real accuracy": 0.51, "fake accuracy": 0.48 };
    expect(await told(repeat(blind))).toEqual([
      expect.stringMatching(
        /^4: discriminator: after 4 epochs it is right about (49|50) % of all.* 1\.386 as at the beginning.*Try/,
      ),
    ]);
    expect(await told(repeat(blind, 3))).toEqual([]);
    // One that calls everything real is as blind, with a loss of its own.
    const yes = await told(repeat({ loss: 2, "real accuracy": 1, "fake accuracy": 0.055 }));
    expect(yes).toEqual([expect.stringMatching(/^4: discriminator: after 4 epochs/)]);
  });

  it("a discriminator that is fooled is warned of", async () => {
    expect(await told(repeat({ "fake accuracy": 0.02 }))).toEqual([
      expect.stringMatching(/^2: discriminator: it takes all but 2 % of the made.*try more discriminatorSteps/),
    ]);
  });

  it("a generator whose gradient is gone is warned of", async () => {
    const gradients = [0.5, 0.1, 6e-7, 4e-7, 1e-9];
    expect(await told(gradients.map((gradient) => ({ ...balanced, "generator gradient": gradient })))).toEqual([
      "4: generator: its gradient is 4.0e-7, it was 5.0e-1 in the first epoch: it learns nothing any more. " +
        "Try nonSaturating() or wasserstein() as objective, r1 or instanceNoise, or a lower learning rate for the discriminator.",
    ]);
    expect(await told(repeat({ "generator gradient": 0 }))).toHaveLength(1);
  });

  it("collapsed modes are warned of in the second look", async () => {
    const same = making((x) => x.map((value, i) => (real.data[i % 6] as number) + 0.2 * value));
    const said = await told(repeat({}), {}, same);
    expect(said).toEqual([
      expect.stringMatching(
        /^2: generator: two samples differ by (19|20|21) % of what two real examples do, 2 looks running.*Try r1/,
      ),
    ]);
    expect(await told(repeat({}), { every: 3 }, same)).toEqual([expect.stringMatching(/^6: /)]);
    const varied = making((x) => x.map((value) => 0.4 * value));
    expect(await told(repeat({}), {}, varied)).toEqual([]);
  });

  it("copies of training examples are warned of, where they are looked for", async () => {
    const copying = making((x) => x.map((value, i) => (real.data[i] as number) + 0.01 * value));
    expect(await told(repeat({}), { memorised: 400 }, copying)).toEqual([
      expect.stringMatching(/^1: generator: 100 % of the samples are nearer to a training example.*Try more data/),
    ]);
    expect(await told(repeat({}), {}, copying)).toEqual([]);
  });
});

describe("a real game", () => {
  it("is looked at as it is", async () => {
    const game = gan({
      generator: sequential({ input: [3], seed: 1 }, dense(6)),
      discriminator: sequential({ input: [6], seed: 1 }, dense(1)),
    });
    plant(game.generator, { "dense_1.weight": new Array(18).fill(0) });
    expect(await told(repeat({}), {}, game)).toEqual([
      expect.stringMatching(/^2: generator: two samples differ by 0 % of what/),
    ]);
  });

  it("gets the conditions of the real examples, which are inputs, or the target", async () => {
    const labels = Int32Array.from({ length: 400 }, (_, i) => Number(i >= 200));
    const seen: Record<string, unknown>[] = [];
    const conditional = denseGan({ shape: [6], latent: 6, units: [4], output: "linear", classes: 2 });
    const game = {
      batch: (batch: Batch) => conditional.batch(batch),
      sample: (count: number, { seed = 0, conditions = {} } = {}) => {
        seen.push(conditions);
        return healthy.sample(count, { seed });
      },
    };
    const record = { epoch: 1, training: balanced };
    const control = { warn: () => {} };
    for (const given of [
      dataset({ input: real, target: labels, classes: ["a", "b"] }),
      dataset({ input: { input: real, label: tensor(labels) } }),
    ]) {
      await gameWarnings(game, given, { samples: 4 }).onEpoch(record, control);
      // Evenly spread: 0, 100, 200, 300 of 400.
      expect(seen.pop()?.label).toMatchObject({ dtype: "int32", data: Int32Array.of(0, 0, 1, 1) });
    }
    await expect(gameWarnings(game, data).onEpoch(record, control)).rejects.toThrow(
      'condition "label": the data has no such input or target',
    );
  });
});

describe("the callback", () => {
  it("goes on from its state as if never stopped", async () => {
    const same = making((x) => x.map(() => 1));
    const epochs = repeat({ "real accuracy": 1, "fake accuracy": 1 });
    const said: string[] = [];
    const control = { warn: (message: string) => void said.push(message) };
    const first = gameWarnings(same, data);
    first.onStart();
    await first.onEpoch({ epoch: 1, training: epochs[0] as Scores }, control);
    expect(said).toEqual([]);
    let kept = JSON.parse(JSON.stringify(first.state()));
    for (const epoch of [2, 3]) {
      const again = gameWarnings(same, data);
      again.onStart();
      again.restore(kept);
      await again.onEpoch({ epoch, training: epochs[epoch] as Scores }, control);
      kept = JSON.parse(JSON.stringify(again.state()));
      expect(said).toHaveLength(2);
    }
    expect(said.some((text) => text.includes("has won"))).toBe(true);
    expect(said.some((text) => text.includes("collapsed"))).toBe(true);
  });

  it("begins anew with each run", async () => {
    const watch = gameWarnings(healthy, data);
    const said: string[] = [];
    for (const run of [1, 2]) {
      watch.onStart();
      for (const epoch of [1, 2])
        await watch.onEpoch({ epoch, training: { loss: 0 } }, { warn: (message) => said.push(`${run} ${message}`) });
    }
    expect(said.map((text) => text[0])).toEqual(["1", "2"]);
    expect(watch.state().spreads).toHaveLength(2);
  });

  it("refuses options that cannot be", () => {
    expect(() => gameWarnings(healthy, data, { samples: 1 })).toThrow("samples must be a whole number from 2");
    expect(() => gameWarnings(healthy, data, { memorise: 1 } as never)).toThrow('Did you mean "memorised"?');
  });
});
