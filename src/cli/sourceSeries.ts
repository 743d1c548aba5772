import {
  calendarOf,
  encodeSeries,
  type Series,
  type SeriesDataset,
  type SeriesEncoding,
  type SeriesOptions,
  seasonOf,
  series,
  seriesData,
} from "../data/index.js";
import { chooseBase } from "../data/series/choose.js";
import { targetRows } from "../data/series/data.js";
import { formatStep } from "../data/series/time.js";
import { readText } from "../node/index.js";
import type { Source } from "./data.js";
import { literal } from "./literal.js";
import type { SeriesWishes } from "./seriesWishes.js";

const SPLIT = { train: 0.7, validation: 0.15, test: 0.15 };
const QUANTILES = [0.1, 0.5, 0.9];

/** A CSV file with a column of times: windows in the order of time, the last part to test. */
export async function seriesSource(path: string, wishes: SeriesWishes): Promise<Source> {
  const { forecast: target = "", past = [], known = [] } = wishes;
  const reading: SeriesOptions = {
    columns: [target, ...past, ...known],
    ...pick(wishes, ["time", "gaps", "duplicates", "order"]),
  };
  const read = series(await readText(path), { name: path, ...reading });
  const season = wishes.season ?? seasonOf(read.clock);
  const rows = targetRows(read, target);
  const { horizon = Math.max(1, Math.min(season > 1 ? season : 12, Math.floor(rows / 12))) } = wishes;
  const { window = Math.max(2, Math.min(2 * Math.max(season, horizon), Math.floor(rows / 6))) } = wishes;
  const log = wishes.log ? [target] : [];
  const learned = Math.round(SPLIT.train * rows);
  const calendar = calendarOf(read, learned);
  const base = wishes.relativeTo ?? chooseBase(read, target, { rows: learned, horizon, season, log: log.length > 0 });
  const cutting = {
    target,
    window,
    horizon,
    ...(past.length > 0 && { past }),
    ...(known.length > 0 && { known }),
    ...(calendar.length > 0 && { calendar }),
    ...(log.length > 0 && { log }),
    ...(base !== "mean" && { relativeTo: base }),
    season,
    quantiles: QUANTILES,
  };
  const { train, validation, test } = seriesData(read, { ...cutting, split: SPLIT });
  const relative = { mean: "its mean", last: "the last value", season: "the value a season before" }[base];
  return {
    about: `a series of ${rows} rows, ${formatStep(read.clock)} apart, of which "${target}" is forecast for ${horizon} from ${window}, relative to ${relative}: in the order of time ${train.length} windows to train on, ${validation.length} to choose the best epoch by and ${test.length} to test`,
    training: train,
    validation,
    test,
    encoding: train.encoding,
    code: [
      `const read = series(await readText(${literal(path)}), ${literal(reading)});`,
      `const { train: training, validation, test } = seriesData(read, ${literal(cutting)});`,
    ],
    imports: { "midst/data": ["series", "seriesData"], "midst/node": ["readText"] },
  };
}

/** A series read as the one that a network was trained on. */
export async function readSeries(path: string, encoding: SeriesEncoding): Promise<Series> {
  const { time, targets, past, known, treatment, missing } = encoding;
  const columns = [...targets, ...past, ...known].map(({ name }) => name);
  return series(await readText(path), { name: path, time, columns, missing, ...treatment });
}

/** Windows of the whole file, or of what comes after the time that training has seen, where that is in it. */
export function unseenWindows(read: Series, encoding: SeriesEncoding): SeriesDataset {
  const after = read.times.findIndex((time) => time > encoding.until);
  const begin = (read.times[0] as number) > encoding.until ? 0 : after < 0 ? read.length : after;
  return encodeSeries(read, encoding, { begin });
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Partial<
    Pick<T, K>
  >;
}
