import { DataError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Forecast, Series, SeriesEncoding } from "../data/index.js";
import { checkedClock, targetRows } from "../data/series/data.js";
import {
  decodeAnswer,
  type EncodedSeries,
  encodeRows,
  inputShape,
  rowsBefore,
  writeInput,
} from "../data/series/encode.js";
import { valuesOf } from "../data/series/read.js";
import { formatTime, later } from "../data/series/time.js";
import type { Network } from "../runtime/index.js";

export interface ForecastOptions {
  /**
   * Time steps to forecast; defaults to those of the network. For more the network is fed its own forecasts (recursive
   * forecasting), which are then all it knows of its targets.
   */
  readonly horizon?: number;
  /** The last row that is seen, counted from 0; defaults to the last one with a value of every target. */
  readonly origin?: number;
}

/**
 * What a network trained on windows of a series expects to come after it: one forecast a target. Quantiles that cross
 * are put in order (Chernozhukov et al. 2010); recursive forecasts have none, since the spread of what is fed back is
 * not known.
 * @throws DataError when the network was trained on something else, the series is shorter than its window or goes by
 *   another clock, a known variable ends within the horizon, or the network needs past variables that nobody forecasts
 */
export async function forecast(net: Network, from: Series, options: ForecastOptions = {}): Promise<Forecast[]> {
  checkOptions("forecast", options, ["horizon", "origin"]);
  const encoding = seriesEncodingOf(net, "forecast");
  const { targets, past, quantiles } = encoding;
  const measured = targetRows(
    checkedClock(from, encoding),
    targets.map(({ name }) => name),
  );
  const { horizon = encoding.horizon, origin = measured - 1 } = options;
  checkNumber("forecast", "horizon", horizon, { low: 1, high: 1e6, integer: true });
  checkNumber("forecast", "origin", origin, { low: 0, high: measured - 1, integer: true });
  const recursive = horizon > encoding.horizon;
  if (recursive && past.length > 0)
    throw new DataError(
      `${horizon} steps are more than the network's ${encoding.horizon}, and nobody forecasts ${past.map(({ name }) => `"${name}"`).join(", ")}. Train with a longer horizon, or with these among the targets.`,
      { place: "forecast", expected: encoding.horizon, actual: horizon },
    );
  const ahead = continued(from, encoding, origin, horizon);
  const found = targets.map(() => new Float64Array(horizon));
  let spread: Float64Array[] | undefined;
  for (let done = 0; done < horizon; done += encoding.horizon) {
    const encoded = encodeRows(ahead.series, encoding);
    const at = ahead.origin + done;
    const [answers] = await answersAt(net, encoded, [at]);
    const steps = Math.min(encoding.horizon, horizon - done);
    for (const [i, { name }] of targets.entries())
      for (let h = 0; h < steps; h++) {
        const value = (answers as Answers).point[i]?.[h] as number;
        (found[i] as Float64Array)[done + h] = value;
        (ahead.series.columns.get(name) as Float64Array)[at + 1 + h] = value;
      }
    if (!recursive) spread = (answers as Answers).quantiles?.map((values) => values.slice(0, horizon));
  }
  const times = ahead.series.times.slice(ahead.origin + 1, ahead.origin + 1 + horizon);
  return targets.map(({ name }, i) => ({
    name,
    clock: encoding.clock,
    times,
    values: found[i] as Float64Array,
    ...(spread && {
      quantiles: spread.map((values, q) => ({ quantile: quantiles?.[q] as number, values })),
    }),
  }));
}

/** @throws DataError when the network was not trained on windows of a series */
function seriesEncodingOf(net: Network, place: string): SeriesEncoding {
  if (net.encoding?.kind === "series") return net.encoding;
  throw new DataError(
    `the network was ${net.encoding ? `trained on ${net.encoding.kind}` : "not trained"}, not on a series. Train it with fit() on seriesData().`,
    { place, expected: "series", actual: net.encoding?.kind },
  );
}

/** The rows that the network sees, and those of the horizon, where only what is known has values. */
function continued(from: Series, encoding: SeriesEncoding, origin: number, horizon: number) {
  const begin = origin + 1 - encoding.window - rowsBefore(encoding);
  if (begin < 0)
    throw new DataError(
      `there are ${origin + 1} rows up to here, and the network needs ${origin + 1 - begin}. Give more.`,
      {
        place: from.name,
        expected: origin + 1 - begin,
        actual: origin + 1,
      },
    );
  const { targets, past, known, clock } = encoding;
  const whole = Math.ceil(horizon / encoding.horizon) * encoding.horizon;
  const length = origin + 1 - begin + whole;
  const seen = new Set([...targets, ...past].map(({ name }) => name));
  const last = from.times[origin] as number;
  const times = Float64Array.from(
    { length },
    (_, i) => from.times[begin + i] ?? later(clock, last, begin + i - origin),
  );
  const columns = new Map(
    [...targets, ...past, ...known].map(({ name }) => {
      const values = valuesOf(from, name);
      const end = seen.has(name) ? origin + 1 : from.length;
      return [
        name,
        Float64Array.from({ length }, (_, i) => (begin + i < end ? (values[begin + i] as number) : Number.NaN)),
      ];
    }),
  );
  for (const [name, values] of columns) {
    const needed = seen.has(name) ? origin + 1 - begin : length;
    const missing = values.findIndex((value, i) => i < needed && Number.isNaN(value));
    if (missing >= 0)
      throw new DataError(
        `there is no value for ${formatTime(clock, times[missing] as number)}, which the forecast needs. Write it.`,
        {
          place: `${from.name}:${name}`,
        },
      );
  }
  const series: Series = { ...from, length, times, columns, filled: new Uint8Array(length) };
  return { series, origin: origin - begin };
}

/** What a network says at one origin, in the units of the targets. */
export interface Answers {
  /** [targets][horizon] */
  readonly point: readonly Float64Array[];
  /** [quantiles][horizon], in order. */
  readonly quantiles?: readonly Float64Array[];
}

/** What a network says at these origins. */
export async function answersAt(net: Network, encoded: EncodedSeries, origins: ArrayLike<number>): Promise<Answers[]> {
  const { encoding } = encoded;
  const shape = inputShape(encoding);
  const size = shape[0] * shape[1];
  const data = new Float32Array(origins.length * size);
  const all = Array.from(origins);
  for (const [i, origin] of all.entries()) writeInput(encoded, origin, data, i * size);
  const output = await net.predict({ dtype: "float32", shape: [all.length, ...shape], data });
  const { horizon, targets, quantiles } = encoding;
  const each = quantiles?.length ?? targets.length;
  if (output.data.length !== all.length * horizon * each)
    throw new ShapeError(
      `the network gives ${formatShape(output.shape.slice(1))}, but its series needs ${formatShape([horizon, each])}: ${horizon} time steps of ${each}.`,
      { place: "forecast", expected: [horizon, each], actual: output.shape.slice(1) },
    );
  return all.map((origin, i) => answersFrom(encoded, origin, output, i));
}

function answersFrom(encoded: EncodedSeries, origin: number, { data }: Tensor, row: number): Answers {
  const { horizon, targets, quantiles } = encoded.encoding;
  const each = quantiles?.length ?? targets.length;
  const value = (h: number, i: number): number => {
    const target = quantiles === undefined ? i : 0;
    return decodeAnswer(encoded, target, origin, h + 1, data[(row * horizon + h) * each + i] as number);
  };
  const table = Array.from({ length: horizon }, (_, h) => {
    const values = Array.from({ length: each }, (_, i) => value(h, i));
    return quantiles === undefined ? values : values.sort((a, b) => a - b);
  });
  const columns = Array.from({ length: each }, (_, i) => Float64Array.from(table, (values) => values[i] as number));
  if (quantiles === undefined) return { point: columns };
  return { point: [columns[quantiles.indexOf(0.5)] as Float64Array], quantiles: columns };
}
