import { checkOptions } from "../base/options.js";
import type { CutStates } from "./cutStates.js";
import type { StateGradients } from "./stateGradients.js";
import type { SwappedSteps } from "./swapSteps.js";

export interface RenderMemoryOptions {
  /** Columns to stay within; defaults to 80. */
  readonly columns?: number;
}

/** How far gradients come through time as text: a bar for each step on a logarithmic scale. */
export function renderStateGradients(
  { layer, reach, slope, input }: StateGradients,
  options: RenderMemoryOptions = {},
): string {
  const rows = [
    ...[...reach].map(([state, line]) => [`last h by ${state}`, line] as const),
    ...[...slope].map(([state, line]) => [`result by ${state}`, line] as const),
    ...(input ? [["result by input", input] as const] : []),
  ];
  return [`${layer}: length of gradients, step by step (logarithmic)`, ...bars(rows, options, Math.log10)].join("\n");
}

/** How long the memory lasts as text: a bar for each lag. */
export function renderCutStates(
  { layers, measure, curve, length, cuts }: CutStates,
  options: RenderMemoryOptions = {},
): string {
  const unit = measure === "kl" ? "nats" : "squared";
  const last =
    length === undefined
      ? "what was cut off matters to the end"
      : `what is older than ${length - 1} steps changes the output by less than a tenth of the most`;
  const lines = bars([[`change (${unit})`, curve.subarray(1)]], options, (x) => x);
  return [`${layers.join(", ")} cut, ${cuts.length} times: by steps since the cut, from 1`, ...lines, last].join("\n");
}

/** What the exchange of two steps does, as text: a bar for each step. */
export function renderSwappedSteps(
  { layers, change, measure }: SwappedSteps,
  options: RenderMemoryOptions = {},
): string {
  const unit = measure === "kl" ? "nats" : "squared";
  const rows = layers.map(({ layer, distance }) => [layer, distance] as const);
  if (change.length > 1) rows.push([`output (${unit})`, change]);
  const whens = layers.map(({ layer, diverges, rejoins }) => {
    if (diverges === undefined) return `${layer}: the same all along`;
    return `${layer}: parts at step ${diverges}, ${rejoins === undefined ? "does not meet again" : `meets again at step ${rejoins}`}`;
  });
  if (change.length === 1) whens.push(`the output changes by ${number(change[0] as number)} (${unit})`);
  return ["two steps exchanged: distance of the states, step by step", ...bars(rows, options, (x) => x), ...whens].join(
    "\n",
  );
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** A line of bars for each row, from its least to its largest number or, where linear, from 0; blank where there is none. */
function bars(
  rows: readonly (readonly [name: string, values: Float64Array])[],
  options: RenderMemoryOptions,
  scale: (value: number) => number,
): string[] {
  checkOptions("render", options, ["columns"]);
  const { columns = 80 } = options;
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, values]) => {
    const shown = inColumns(values, Math.max(8, columns - width - 24));
    const heights = shown.map(scale);
    const finite = heights.filter(Number.isFinite);
    const low = Math.min(...finite, ...(scale(0) === 0 ? [0] : []));
    const high = Math.max(...finite, low);
    const bar = heights.map((height) => {
      if (!Number.isFinite(height)) return " ";
      const share = high > low ? (height - low) / (high - low) : 0;
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))];
    });
    const known = shown.filter((value) => Number.isFinite(scale(value)));
    const [least, most] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 0];
    return `${name.padEnd(width)}  ${bar.join("")}  ${number(least)} to ${number(most)}`;
  });
}

/** The largest of each few neighbours, so that all fit into so many columns. */
function inColumns(values: Float64Array, columns: number): number[] {
  const each = Math.ceil(values.length / columns);
  return Array.from({ length: Math.ceil(values.length / each) }, (_, i) => {
    const some = [...values.subarray(i * each, (i + 1) * each)].filter((value) => !Number.isNaN(value));
    return some.length > 0 ? Math.max(...some) : Number.NaN;
  });
}

function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 0.01 && size < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
