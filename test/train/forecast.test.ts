import {
  adam,
  backtest,
  DataError,
  dense,
  fit,
  flatten,
  forecast,
  gru,
  loadBytes,
  mse,
  type Network,
  OptionError,
  pinball,
  reshape,
  ShapeError,
  saveBytes,
  sequential,
  tensor,
} from "midst";
import { exponentialSmoothing, type SeriesDataOptions, seasonalNaive, series, seriesData } from "midst/data";
import { beforeAll, describe, expect, it } from "vitest";

const month = (i: number): string => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, "0")}`;
const csvOf = (ys: readonly (number | "")[], known: (i: number) => number = (i) => i % 4): string =>
  ["month,y,plan", ...ys.map((y, i) => `${month(i)},${y},${known(i)}`)].join("\n");

const line = Array.from({ length: 60 }, (_, i) => 5 + 2 * i);

/** A linear network whose weights are set: rows of the kernel by output. */
async function linear(
  data: ReturnType<typeof seriesData>["train"],
  kernel: number[][],
  bias: number[],
): Promise<Network> {
  const net = sequential({ input: data.inputShapes.input as number[] }, flatten(), dense(kernel.length));
  net.setWeights(
    new Map([
      ["dense_1.weight", tensor(kernel.flat(), [kernel.length, kernel[0]?.length as number])],
      ["dense_1.bias", tensor(bias)],
    ]),
  );
  net.encoding = data.encoding;
  return net;
}

const planted: SeriesDataOptions<"test"> = {
  target: "y",
  window: 2,
  horizon: 1,
  relativeTo: "last",
  split: { train: 0.5, test: 0.5 },
};

describe("a planted network that continues a line", () => {
  // The features are y and y - last, by step; the change to come is minus the change before.
  const kernel = [[0, -1, 0, 0]];

  it("forecasts it, one step and, fed its own forecasts, many", async () => {
    const s = series(csvOf(line));
    const net = await linear(seriesData(s, planted).train, kernel, [0]);
    const [one] = await forecast(net, s);
    expect(one?.name).toBe("y");
    expect(Array.from(one?.values ?? [])).toEqual([expect.closeTo(125, 4)]);
    expect(new Date(one?.times[0] as number).toISOString()).toBe("2005-01-01T00:00:00.000Z");
    const [many] = await forecast(net, s, { horizon: 15 });
    many?.values.forEach((value, h) => {
      expect(value).toBeCloseTo(125 + 2 * h, 3);
    });
    expect(new Date(many?.times[14] as number).toISOString()).toBe("2006-03-01T00:00:00.000Z");
    const [early] = await forecast(net, s, { origin: 9, horizon: 2 });
    expect(early?.values[1]).toBeCloseTo(27, 4);
  });

  it("begins where the target ends, and after a save and a load", async () => {
    const s = series(csvOf([...line, "", ""]));
    const net = await loadBytes(await saveBytes(await linear(seriesData(s, planted).train, kernel, [0])));
    const [found] = await forecast(net, s);
    expect(found?.values[0]).toBeCloseTo(125, 4);
    expect(new Date(found?.times[0] as number).toISOString().slice(0, 7)).toBe("2005-01");
  });

  it("is scored from rolling origins: it makes no error, and the simple ones make theirs", async () => {
    const { test } = seriesData(series(csvOf(line)), planted);
    const [found] = await backtest(await linear(test, kernel, [0]), test, { season: 1 });
    expect(found?.origins).toBe(30);
    expect(found?.scores.network?.mae).toBeCloseTo(0, 4);
    expect(found?.scores.seasonalNaive).toMatchObject({ mae: 2, rmse: 2, mase: 1, maeByStep: [2] });
    expect(found?.scores.drift?.mae).toBeCloseTo(0, 9);
    expect(found?.scores.exponentialSmoothing?.mae).toBeCloseTo(0, 9);
    expect(found?.smoothing.kind).toBe("holt");
    const [third] = await backtest(await linear(test, kernel, [0]), test, { season: 1, every: 3 });
    expect(third?.origins).toBe(10);
  });
});

it("backtest compares every method at the same origins, steps and values", async () => {
  const ys = Array.from({ length: 72 }, (_, i) => 50 + i + 20 * Math.sin((Math.PI * i) / 6) + ((i * 31) % 7));
  const { test } = seriesData(series(csvOf(ys)), {
    target: "y",
    window: 3,
    horizon: 3,
    split: { train: 0.5, test: 0.5 },
  });
  const net = await linear(
    test,
    [1, 2, 3].map(() => [0, 0, 0]),
    [0, 0, 0],
  );
  const [found] = await backtest(net, test);
  const origins = Array.from(test.origins);
  expect(origins).toEqual(Array.from({ length: 34 }, (_, i) => 35 + i));
  const mean = ys.slice(0, 36).reduce((a, b) => a + b) / 36;
  const kind = "holtWinters";
  expect(found?.smoothing.kind).toBe(kind);
  const { parameters } = exponentialSmoothing(ys.slice(0, 36), 1, { kind, season: 12 });
  const methods: Record<string, (history: number[]) => ArrayLike<number>> = {
    network: () => [mean, mean, mean],
    seasonalNaive: (history) => seasonalNaive(history, 3, { season: 12 }),
    exponentialSmoothing: (history) => exponentialSmoothing(history, 3, { kind, season: 12, parameters }).values,
  };
  for (const [name, method] of Object.entries(methods)) {
    const errors = origins.map((origin) => {
      const values = method(ys.slice(0, origin + 1));
      return [0, 1, 2].map((h) => Math.abs((values[h] as number) - (ys[origin + 1 + h] as number)));
    });
    const all = errors.flat();
    expect(found?.scores[name]?.mae).toBeCloseTo(all.reduce((a, b) => a + b) / all.length, 4);
    [0, 1, 2].forEach((h) => {
      const mae = errors.reduce((sum, each) => sum + (each[h] as number), 0) / errors.length;
      expect(found?.scores[name]?.maeByStep[h]).toBeCloseTo(mae, 4);
    });
  }
});

describe("known variables", () => {
  const options: SeriesDataOptions<"test"> = { ...planted, known: ["plan"], relativeTo: undefined as never };
  const { relativeTo: _, ...plain } = options;
  const value = (i: number) => 10 * (i % 4);

  it("of the horizon say what comes", async () => {
    const ys = Array.from({ length: 40 }, (_, i) => value(i));
    const s = series(csvOf([...ys, "", ""]));
    const { train } = seriesData(s, plain);
    // Three rows of y, plan and "ahead"; y follows plan of the same time.
    const net = await linear(train, [[0, 0, 0, 0, 0, 0, 0, 1, 0]], [0]);
    const [found] = await forecast(net, s, { horizon: 2 });
    expect(Array.from(found?.values ?? [])).toEqual([expect.closeTo(0, 4), expect.closeTo(10, 4)]);
    await expect(forecast(net, s, { horizon: 3 })).rejects.toThrow("plan: there is no value for 2003-07");
  });
});

describe("quantiles", () => {
  let net: Network;
  const s = series(csvOf(line));
  const data = seriesData(s, { ...planted, quantiles: [0.1, 0.5, 0.9] });
  beforeAll(async () => {
    // Crossed on purpose: the lowest stands last.
    const flat = await linear(
      data.train,
      [1, 2, 3].map(() => [0, -1, 0, 0]),
      [1, 0, -1],
    );
    net = sequential({ input: [2, 2] }, flatten(), dense(3), reshape([1, 3]));
    net.setWeights(flat.weights);
    net.encoding = data.train.encoding;
  });

  it("come in order, the middle one is the forecast", async () => {
    const [found] = await forecast(net, s);
    // The deviation of the changes about 0 is 2.
    expect(found?.quantiles?.map(({ quantile, values }) => [quantile, Math.round(values[0] as number)])).toEqual([
      [0.1, 123],
      [0.5, 125],
      [0.9, 127],
    ]);
    expect(found?.values[0]).toBeCloseTo(125, 4);
    expect((await forecast(net, s, { horizon: 2 }))[0]?.quantiles).toBeUndefined();
  });

  it("are covered as often as the truth lies between them", async () => {
    const [found] = await backtest(net, data.test, { season: 1 });
    expect(found?.scores.network?.coverage).toEqual({ share: 1, expected: 0.8 });
  });
});

it("a recurrent network learns a wave, point and quantiles, several targets", async () => {
  const ys = Array.from({ length: 160 }, (_, i) => 10 + 3 * Math.sin(i / 2));
  const wave = series(csvOf(ys, (i) => 5 * Math.cos(i / 2)));
  const split = { train: 0.7, test: 0.3 };
  const options = { loss: mse(), optimizer: adam({ learningRate: 0.02 }), epochs: 15, progress: false };

  const both = seriesData(wave, { target: ["y", "plan"], window: 8, horizon: 2, split });
  const net = sequential({ input: [8, 2], seed: 1 }, gru(8, { returns: "last" }), dense(4), reshape([2, 2]));
  await fit(net, both.train, options);
  const found = await backtest(net, both.test, { season: 1 });
  expect(found.map(({ name }) => name)).toEqual(["y", "plan"]);
  for (const { scores } of found) expect(scores.network?.mae).toBeLessThan((scores.drift?.mae as number) / 3);
  const [y, plan] = await forecast(net, wave, { horizon: 4 });
  expect(y?.values[3]).toBeCloseTo(10 + 3 * Math.sin(163 / 2), 0);
  expect(plan?.values).toHaveLength(4);

  const quantiles = [0.1, 0.5, 0.9];
  const one = seriesData(wave, { target: "y", window: 8, horizon: 2, split, quantiles });
  const spread = sequential({ input: [8, 1], seed: 1 }, gru(8, { returns: "last" }), dense(6), reshape([2, 3]));
  await fit(spread, one.train, { ...options, loss: pinball(quantiles) });
  const [scored] = await backtest(spread, one.test, { season: 1 });
  expect(scored?.scores.network?.mae).toBeLessThan((scored?.scores.drift?.mae as number) / 3);
});

it("refuses networks of something else, outputs that do not fit, and futures that nobody knows", async () => {
  const s = series(csvOf(line));
  const untrained = sequential({ input: [2, 2] }, flatten(), dense(1));
  await expect(forecast(untrained, s)).rejects.toThrow("the network was not trained, not on a series");
  const { train } = seriesData(s, planted);
  const wrong = await linear(
    train,
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
    [0, 0],
  );
  await expect(forecast(wrong, s)).rejects.toThrow(ShapeError);
  await expect(forecast(wrong, s, { horizon: 0 })).rejects.toThrow(OptionError);
  await expect(forecast(wrong, s, { origin: 60 })).rejects.toThrow(OptionError);
  await expect(forecast(wrong, s, { origin: 0 })).rejects.toThrow("the network needs 2");
  const past = seriesData(s, { ...planted, past: ["plan"] }).train;
  const net = await linear(past, [[0, 0, 0, 0, 0, 0]], [0]);
  await expect(forecast(net, s, { horizon: 2 })).rejects.toThrow(DataError);
  await expect(forecast(net, s, { horizon: 2 })).rejects.toThrow('nobody forecasts "plan"');
  const daily = series("day,y\n2001-01-01,1\n2001-01-02,2\n2001-01-03,3");
  await expect(forecast(wrong, daily)).rejects.toThrow("in training they were 1 month");
});
