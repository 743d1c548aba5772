import { textTable } from "../base/textTable.js";
import type { Health } from "./health.js";
import type { LayerHealth } from "./healthLayer.js";

/** A network's health as text: a row per layer, then a row per weight, then where a NaN or Inf came from. */
export function healthTable({ layers, weights, samples, origin }: Health): string {
  const slopes = layers.some(({ gradient }) => gradient !== undefined);
  const bad: readonly Column[] = layers.some((layer) => layer.bad > 0)
    ? [{ title: "NaN or Inf", cell: (layer) => String(layer.bad) }]
    : [];
  const columns: readonly Column[] = [...layerColumns, ...(slopes ? gradientColumns : []), ...bad];
  const parts = [
    textTable(
      columns.map(({ title }) => title),
      layers.map((layer) => columns.map(({ cell }) => cell(layer))),
      columns.map((_, i) => (i === 0 ? "left" : "right")),
    ),
  ];
  if (weights.length > 0)
    parts.push(
      textTable(
        ["weight", "std", "moved", "log10 of moved / std"],
        weights.map(({ weight, std, moved, ratio }) => [weight, number(std), number(moved), ratio.toFixed(2)]),
        ["left", "right", "right", "right"],
      ),
    );
  const places = {
    input: "in the input",
    forward: "going forward, in",
    loss: "in the",
    backward: "going backward, in",
  };
  if (origin !== undefined) parts.push(`NaN or Inf arose first ${places[origin.where]} ${origin.layer}.`);
  parts.push(`${samples.toLocaleString("en-US")} examples`);
  return parts.join("\n\n");
}

interface Column {
  readonly title: string;
  cell(layer: LayerHealth): string;
}

const size = (value: number | undefined): string => (value === undefined ? "" : number(value));

const share = (value: number | undefined): string => (value === undefined ? "" : `${(100 * value).toFixed(1)} %`);

const layerColumns: readonly Column[] = [
  { title: "layer", cell: ({ layer }) => layer },
  { title: "mean", cell: ({ mean }) => number(mean) },
  { title: "std", cell: ({ std }) => number(std) },
  { title: "largest", cell: ({ most }) => number(most) },
  { title: "dead", cell: ({ dead }) => share(dead?.share) },
  { title: "saturated", cell: ({ saturated }) => share(saturated) },
];

const gradientColumns: readonly Column[] = [
  { title: "gradient std", cell: ({ gradient }) => size(gradient?.std) },
  { title: "gradient largest", cell: ({ gradient }) => size(gradient?.most) },
];

/** Three digits that count. */
function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 0.01 && size < 1e4 ? value.toPrecision(3) : value.toExponential(1);
}
