import { type Dataset, type Tensor, tensor } from "midst";
import { subset } from "midst/data";
import { nearestExamples, precisionRecall, spread } from "midst/look";
import { describe, expect, it } from "vitest";
import { digits, has } from "./data.js";

describe.skipIf(!has("fashion-mnist"))("measures of a game, on pictures of clothes", () => {
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  const pictures = async (data: Dataset, rows: readonly number[]) => (await data.batch(rows)).inputs.input as Tensor;

  it("pictures that were held out are new, as varied as the data, and among it", async () => {
    const { training, test } = digits("fashion-mnist");
    const some = subset(training, range(5000));
    const { samples } = (await nearestExamples(await pictures(test, range(32)), some)).value;
    const ratios = samples.map(({ ratio }) => ratio).sort((a, b) => a - b);
    console.log(`held out: ratio ${ratios[16]}`);
    expect(ratios[16]).toBeGreaterThan(0.7);
    expect(ratios.filter((ratio) => ratio < 0.5).length).toBeLessThan(8);
    expect(spread(await pictures(test, range(256)), await pictures(training, range(256))).value).toBeCloseTo(1, 1);
    const { precision, recall } = precisionRecall(
      await pictures(training, range(1000)),
      await pictures(test, range(1000)),
    ).value;
    console.log(`held out: precision ${precision}, recall ${recall}`);
    expect(Math.min(precision, recall)).toBeGreaterThan(0.7);
  });

  it("of a single kind, recall falls and precision does not", async () => {
    const { training } = digits("fashion-mnist");
    const { targets } = await training.batch(range(5000));
    const labels = targets.target?.data as Int32Array;
    const sneakers = range(5000)
      .filter((i) => labels[i] === 7)
      .slice(0, 400);
    const { precision, recall } = precisionRecall(
      await pictures(training, range(1000)),
      await pictures(training, sneakers),
    ).value;
    console.log(`one kind: precision ${precision}, recall ${recall}`);
    expect(precision).toBeGreaterThan(0.7);
    expect(recall).toBeLessThan(0.5);
  });

  it("one picture again and again, with a little noise, has collapsed", async () => {
    const { training } = digits("fashion-mnist");
    const real = await pictures(training, range(256));
    const size = real.data.length / 256;
    const same = Float32Array.from(real.data, (_, i) => (real.data[i % size] as number) + 0.05 * Math.sin(i * i));
    expect(spread(tensor(same, real.shape), real).value).toBeLessThan(0.25);
  });
});
