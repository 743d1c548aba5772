import { DataError } from "../base/errors.js";
import { textTable } from "../base/textTable.js";
import { drift, exponentialSmoothing, type Forecast, type Series, seasonalNaive } from "../data/index.js";
import { targetRows } from "../data/series/data.js";
import { valuesOf } from "../data/series/read.js";
import { formatTime } from "../data/series/time.js";
import { type Backtest, backtest, forecast, type Network } from "../index.js";
import { forecastChart, renderForecast } from "../look/index.js";
import { load, writeBytes } from "../node/index.js";
import { encodingOf } from "./encoded.js";
import { type CommonOptions, print } from "./output.js";
import { formatBacktest } from "./report.js";
import { readSeries, unseenWindows } from "./sourceSeries.js";

export interface ForecastCommand extends CommonOptions {
  readonly horizon?: number;
  readonly history?: number;
  readonly width?: number;
  /** A file for the chart. */
  readonly svg?: string;
}

/** midst forecast NET SERIES */
export async function forecastSeries(file: string, path: string, options: ForecastCommand): Promise<void> {
  const net = await load(file);
  const encoding = encodingOf(net, file);
  if (encoding.kind !== "series")
    throw new DataError("is no network for series. Train one: midst train FILE.csv --forecast COLUMN.", {
      place: file,
    });
  const read = await readSeries(path, encoding);
  const { horizon, history, svg } = options;
  const [found] = (await forecast(net, read, horizon === undefined ? {} : { horizon })) as [Forecast];
  const seen = valuesOf(read, found.name).subarray(0, targetRows(read, found.name));
  const ahead = found.values.length;
  const tested = await testedOn(net, read);
  const smoothing = typeof tested === "string" ? {} : { kind: tested.smoothing.kind };
  const others = {
    seasonalNaive: seasonalNaive(seen, ahead, { season: encoding.season }),
    drift: drift(seen, ahead),
    exponentialSmoothing: exponentialSmoothing(seen, ahead, { season: encoding.season, ...smoothing }).values,
  };
  const shown = { others, ...(history !== undefined && { history }) };
  const columns = options.width ?? process.stdout.columns ?? 80;
  if (svg !== undefined) await writeBytes(svg, new TextEncoder().encode(forecastChart(found, read, shown)));
  const scores =
    typeof tested === "string"
      ? `no scores: ${tested}`
      : `scores from ${tested.origins} origins in time that training did not see, ${tested.horizon} steps ahead:\n${formatBacktest(tested)}`;
  const parts = [renderForecast(found, read, { ...shown, columns }), table(found, others), scores];
  if (svg !== undefined) parts.push(`saved ${svg}`);
  print(options, parts.join("\n\n"), {
    name: found.name,
    times: Array.from(found.times, (time) => formatTime(found.clock, time)),
    network: Array.from(found.values),
    ...(found.quantiles && {
      quantiles: Object.fromEntries(found.quantiles.map(({ quantile, values }) => [quantile, Array.from(values)])),
    }),
    ...Object.fromEntries(Object.entries(others).map(([name, values]) => [name, Array.from(values)])),
    ...(typeof tested !== "string" && { backtest: tested }),
    ...(svg !== undefined && { saved: svg }),
  });
}

/** How good the network was in the time that training has not seen, or why that cannot be said. */
async function testedOn(net: Network, read: Series): Promise<Backtest | string> {
  const encoding = net.encoding;
  if (encoding?.kind !== "series") return "the network is for something else.";
  try {
    const [found] = await backtest(net, unseenWindows(read, encoding));
    return found as Backtest;
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
}

/** The forecasts, a row a step: the network with its outer quantiles, and the others. */
function table({ times, clock, values, quantiles }: Forecast, others: Readonly<Record<string, Float64Array>>): string {
  const number = (value: number | undefined): string => (value as number).toPrecision(5);
  const [low, high] = [quantiles?.[0], quantiles?.at(-1)];
  const band = low && high ? [`${low.quantile} to ${high.quantile}`] : [];
  const rows = Array.from(times, (time, i) => [
    formatTime(clock, time),
    number(values[i]),
    ...(low && high ? [`${number(low.values[i])} to ${number(high.values[i])}`] : []),
    ...Object.values(others).map((line) => number(line[i])),
  ]);
  const header = ["", "network", ...band, ...Object.keys(others)];
  return textTable(
    header,
    rows,
    header.map((_, i) => (i === 0 ? "left" : "right")),
  );
}
