// Settings are chosen by the validation part; the test part is looked at once, here.
import { adam, backtest, cosine, dense, fit, gru, type Network, pinball, reshape, sequential } from "midst";
import {
  calendarOf,
  exponentialSmoothing,
  forecastScores,
  type Series,
  type SeriesDataOptions,
  type SeriesDataset,
  series,
  seriesData,
} from "midst/data";
import { describe, expect, it } from "vitest";
import { has, textOf } from "./data.js";

const quantiles = [0.1, 0.5, 0.9];
const SPLIT = { train: 0.7, validation: 0.15, test: 0.15 };

interface Recipe {
  readonly epochs: number;
  readonly seed?: number;
}

/** A recurrent layer that reads the window, and a dense one that answers for the whole horizon. */
async function learned(
  train: SeriesDataset,
  validation: SeriesDataset,
  { epochs, seed = 1 }: Recipe,
): Promise<Network> {
  const { horizon } = train.encoding;
  const net = sequential(
    { input: train.inputShapes.input as number[], seed },
    gru(32, { returns: "last" }),
    dense(horizon * quantiles.length),
    reshape([horizon, quantiles.length]),
  );
  const run = await fit(net, train, {
    loss: pinball(quantiles),
    optimizer: adam({ learningRate: cosine(2e-3, epochs * Math.ceil(train.length / 32)) }),
    clip: { norm: 1 },
    epochs,
    validation,
    keep: "best",
    seed,
    progress: false,
  });
  console.log(`best of ${epochs} epochs: ${run.best?.epoch}, validation loss ${run.best?.score.toFixed(4)}`);
  return net;
}

/** Trains and tests; prints all scores. */
async function tested(from: Series, options: SeriesDataOptions<"validation" | "test">, recipe: Recipe) {
  const { train, validation, test } = seriesData(from, { ...options, quantiles });
  const net = await learned(train, validation, recipe);
  const [found] = await backtest(net, test);
  const { scores, origins } = found as NonNullable<typeof found>;
  for (const [name, { mae, rmse, mase, smape, coverage }] of Object.entries(scores))
    console.log(
      `${name}: MAE ${mae.toFixed(3)}, RMSE ${rmse.toFixed(3)}, MASE ${mase.toFixed(3)}, sMAPE ${smape.toFixed(2)} %` +
        (coverage ? `, ${(100 * coverage.share).toFixed(1)} % within the 80 % band` : ""),
    );
  return { scores, origins, test };
}

/** The scores of every kind of smoothing, not of the chosen one alone. */
function smoothings({ encoded, encoding, origins }: SeriesDataset): Record<string, number> {
  const { horizon, season } = encoding;
  const values = encoded.series.columns.get(encoding.targets[0]?.name as string) as Float64Array;
  const history = values.subarray(0, (origins[0] as number) + 1);
  const join = (part: (origin: number) => ArrayLike<number>) =>
    Array.from(origins).flatMap((origin) => Array.from(part(origin)));
  const truth = join((origin) => values.subarray(origin + 1, origin + 1 + horizon));
  return Object.fromEntries(
    (["simple", "holt", "holtWinters"] as const).map((kind) => {
      const { parameters } = exponentialSmoothing(history, 1, { kind, season });
      const of = (origin: number) =>
        exponentialSmoothing(values.subarray(0, origin + 1), horizon, { kind, season, parameters }).values;
      return [kind, forecastScores(truth, join(of), { history, season }).mase];
    }),
  );
}

const open = (file: string, options = {}): Series => series(textOf("series", file), { name: file, ...options });

/** Better than all simple forecasts, by MAE and by MASE. */
function expectBest({ scores, test }: Awaited<ReturnType<typeof tested>>): void {
  const { network, ...simple } = scores;
  for (const { mae, mase } of Object.values(simple)) {
    expect(network?.mae).toBeLessThan(mae);
    expect(network?.mase).toBeLessThan(mase);
  }
  const others = smoothings(test);
  console.log(`smoothing, MASE of each kind: ${JSON.stringify(others)}`);
  for (const mase of Object.values(others)) expect(network?.mase).toBeLessThan(mase);
}

describe.skipIf(!has("series"))("forecasts of real series", () => {
  const air = {
    target: "Passengers",
    window: 24,
    horizon: 12,
    log: ["Passengers"],
    calendar: ["month"],
    relativeTo: "season",
  } as const;

  it("airline passengers, the last 12 months: MASE at most the seasonal naive one's", async () => {
    const read = open("airline-passengers.csv");
    const split = { train: 108 / 144, validation: 24 / 144, test: 12 / 144 };
    const { scores, origins } = await tested(read, { ...air, split }, { epochs: 60 });
    expect(origins).toBe(1);
    expect(scores.network?.mase).toBeLessThanOrEqual(scores.seasonalNaive?.mase as number);
  });

  it("airline passengers, 12 months from each origin of the last 15 %: better than seasonal naive and drift", async () => {
    const { scores } = await tested(open("airline-passengers.csv"), { ...air, split: SPLIT }, { epochs: 60 });
    expect(scores.network?.mase).toBeLessThan(scores.seasonalNaive?.mase as number);
    expect(scores.network?.mase).toBeLessThan(scores.drift?.mase as number);
  });

  it("daily minimum temperatures, 7 days: better than all simple forecasts", async () => {
    const read = open("daily-min-temperatures.csv", { gaps: "interpolate" });
    const calendar = calendarOf(read, Math.round(0.7 * read.length));
    const found = await tested(
      read,
      { target: "Temp", window: 14, horizon: 7, calendar, split: SPLIT },
      { epochs: 40 },
    );
    expect(found.origins).toBeGreaterThan(500);
    expectBest(found);
  });

  it("oil temperature of ETTh1, 24 hours: better than all simple forecasts", async () => {
    const read = open("ETTh1.csv", { columns: ["OT"] });
    const calendar = calendarOf(read, Math.round(0.7 * read.length));
    const options = { target: "OT", window: 96, horizon: 24, calendar, relativeTo: "last", split: SPLIT } as const;
    const found = await tested(read, options, { epochs: 4 });
    expect(found.origins).toBeGreaterThan(2500);
    expectBest(found);
  });
});
