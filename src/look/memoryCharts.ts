import { checkOptions } from "../base/options.js";
import type { CutStates } from "./cutStates.js";
import { type LinePanel, lineChart } from "./lineChart.js";
import type { StateGradients } from "./stateGradients.js";
import type { SwappedSteps } from "./swapSteps.js";

export interface MemoryChartOptions {
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** In pixels; defaults to 800. */
  readonly width?: number;
  /** In pixels; defaults to 250 a panel. */
  readonly height?: number;
}

/** How far gradients come through time, on logarithmic axes, as an SVG text; zeros are gaps. */
export function stateGradientsChart(found: StateGradients, options: MemoryChartOptions = {}): string {
  const { layer, reach, slope, input } = found;
  const named = (lines: ReadonlyMap<string, Float64Array>) =>
    [...lines].map(([state, line]) => [`by ${state}`, line] as const);
  const panels: LinePanel[] = [
    {
      title: `${layer}: gradient of the last state by the state at each step`,
      lines: new Map(named(reach)),
      scale: "log",
    },
    {
      title: `${layer}: gradient of the result by what there is at each step`,
      lines: new Map([...named(slope), ...(input ? [["by the input", input] as const] : [])]),
      scale: "log",
    },
  ];
  return chart(panels, options, "step", "Gradients through time");
}

/** How much the output changes when the states so many steps before were cut, as an SVG text. */
export function cutStatesChart({ curve, measure, layers }: CutStates, options: MemoryChartOptions = {}): string {
  const unit = measure === "kl" ? "KL in nats" : "mean squared difference";
  const panels: LinePanel[] = [
    { title: `change of the output (${unit})`, lines: new Map([[`${layers.join(", ")} cut`, curve]]), scale: "linear" },
  ];
  return chart(panels, options, "steps since the cut", "Memory length");
}

/** Where the states part and meet again when two steps are exchanged, and how the output changes, as an SVG text. */
export function swapStepsChart({ layers, change, measure }: SwappedSteps, options: MemoryChartOptions = {}): string {
  const unit = measure === "kl" ? "KL in nats" : "mean squared difference";
  const panels: LinePanel[] = [
    {
      title: "distance of the states, as a share of their length",
      lines: new Map(layers.map(({ layer, distance }) => [layer, distance])),
      scale: "linear",
    },
    ...(change.length > 1
      ? [{ title: `change of the output (${unit})`, lines: new Map([["output", change]]), scale: "linear" as const }]
      : []),
  ];
  return chart(panels, options, "step", "Two steps exchanged");
}

function chart(panels: readonly LinePanel[], options: MemoryChartOptions, x: string, label: string): string {
  checkOptions("chart", options, ["title", "width", "height"]);
  const { title, width = 800, height = 110 + 250 * panels.length } = options;
  return lineChart(panels, { title, label, width, height, x: { title: x, first: 0 } });
}
