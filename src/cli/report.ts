import { textTable } from "../base/textTable.js";
import type { Dataset, Encoding, SeriesDataset } from "../data/index.js";
import {
  accuracy,
  type Backtest,
  backtest,
  ConfusionMatrix,
  crossEntropy,
  evaluate,
  type Metric,
  meanAbsoluteError,
  type Network,
  perplexity,
  rocAuc,
  rSquared,
  topK,
} from "../index.js";
import { isLanguage } from "./data.js";

/** How good a network is on data it has not seen: plain numbers, for people and as JSON. */
export interface Report {
  readonly examples: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly classes?: readonly {
    readonly name: string;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
  }[];
  /** Of a series: the network beside the simple forecasts. */
  readonly backtest?: Backtest;
  /** Row: true class; column: predicted class. */
  readonly confusion?: readonly (readonly number[])[];
}

export async function reportOn(
  net: Network,
  data: Dataset,
  encoding: Encoding,
  classes?: readonly string[],
): Promise<Report> {
  if (isLanguage(encoding)) return language(net, data);
  if (encoding.kind === "series") return rolling(net, data as SeriesDataset);
  if (classes === undefined) return regression(net, data, encoding);
  const matrix = new ConfusionMatrix(classes.length);
  const counting: Metric = {
    name: "matrix",
    start: () => ({ add: (scores, truth) => matrix.add(scores, truth), value: () => matrix.accuracy }),
  };
  const more = classes.length === 2 ? [rocAuc()] : classes.length > 3 ? [topK(3)] : [];
  const { matrix: _, ...scores } = await evaluate(net, data, { metrics: [accuracy(), ...more, counting] });
  return {
    examples: data.length,
    scores,
    classes: classes.map((name, c) => ({
      name,
      precision: matrix.precision(c),
      recall: matrix.recall(c),
      f1: matrix.f1(c),
    })),
    confusion: classes.map((_, truth) => classes.map((_, predicted) => matrix.at(truth, predicted))),
  };
}

/** Forecasts from rolling origins, of the first target. */
async function rolling(net: Network, data: SeriesDataset): Promise<Report> {
  const [found] = (await backtest(net, data)) as [Backtest];
  const { mae, rmse, mase, smape } = found.scores.network as Backtest["scores"][string];
  return { examples: data.length, scores: { mae, rmse, mase, smape }, backtest: found };
}

/** The network and the simple forecasts of a series, a row each. */
export function formatBacktest({ scores, smoothing, season }: Backtest): string {
  const rows = Object.entries(scores).map(([name, { mae, rmse, mase, smape, coverage }]) => [
    name === "exponentialSmoothing"
      ? `exponentialSmoothing (${smoothing.kind})`
      : name === "seasonalNaive"
        ? `seasonalNaive (${season})`
        : name,
    ...[mae, rmse, mase, smape].map((score) => score.toPrecision(4)),
    coverage === undefined ? "" : `${percent(coverage.share)} of ${percent(coverage.expected)}`,
  ]);
  const header = ["", "MAE", "RMSE", "MASE", "sMAPE %", "within the band"];
  return textTable(header, rows, ["left", "right", "right", "right", "right", "right"]);
}

/** The loss is in nats a token. */
async function language(net: Network, data: Dataset): Promise<Report> {
  const metrics = [perplexity(), accuracy()];
  return { examples: data.length, scores: await evaluate(net, data, { loss: crossEntropy(), metrics, batchSize: 32 }) };
}

async function regression(net: Network, data: Dataset, encoding: Encoding): Promise<Report> {
  const { r2, mae } = await evaluate(net, data, { metrics: [rSquared(), meanAbsoluteError()] });
  const unit = encoding.kind === "table" && encoding.target.kind === "number" ? encoding.target.deviation : 1;
  return { examples: data.length, scores: { r2: r2 as number, mae: (mae as number) * unit } };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The report as a person reads it. */
export function formatReport({ examples, scores, classes, confusion, backtest: found }: Report): string {
  if (found !== undefined)
    return `from ${found.origins} origins in time that training did not see, ${found.horizon} steps ahead:\n${formatBacktest(found)}`;
  const lines = [`on ${examples} examples that training did not see:`];
  for (const [name, value] of Object.entries(scores))
    lines.push(
      `  ${name.padEnd(10)} ${name === "accuracy" || name.startsWith("top") ? percent(value) : value.toPrecision(4)}`,
    );
  if (classes === undefined || confusion === undefined || classes.length > 20) return lines.join("\n");
  const width = Math.max(9, ...classes.map(({ name }) => name.length));
  const cell = Math.max(5, ...confusion.flat().map((n) => String(n).length + 1));
  lines.push("", `  ${"".padEnd(width)}  precision  recall     f1   taken for (columns in the same order)`);
  classes.forEach(({ name, precision, recall, f1 }, i) => {
    const row = (confusion[i] as readonly number[]).map((n) => String(n).padStart(cell)).join("");
    lines.push(
      `  ${name.padEnd(width)}  ${percent(precision).padStart(9)} ${percent(recall).padStart(7)} ${f1.toFixed(3).padStart(6)} ${row}`,
    );
  });
  return lines.join("\n");
}
