import { OptionError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { DepthLayer, DepthProfile } from "./depth.js";
import { lineChart } from "./lineChart.js";

export interface DepthChartOptions {
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** In pixels; defaults to 800. */
  readonly width?: number;
  /** In pixels; defaults to 600. */
  readonly height?: number;
}

interface Panel {
  readonly title: string;
  readonly of: (layer: DepthLayer) => number;
}

const PANELS: readonly Panel[] = [
  { title: "spread of activations (standard deviation)", of: ({ spread }) => spread },
  { title: "gradient of one example's loss (length)", of: ({ gradient }) => gradient },
];

/**
 * Profiles of networks, by the name that the chart shall show, as an SVG text: along the depth the spread of the
 * activations (above) and the length of the gradient (below), both on logarithmic axes. A line that falls or rises
 * evenly is a number that shrinks or grows by the same factor in each layer. Zeros, NaN and Inf are gaps.
 * @throws OptionError when no profile is given
 */
export function depthChart(profiles: Readonly<Record<string, DepthProfile>>, options: DepthChartOptions = {}): string {
  checkOptions("depthChart", options, ["title", "width", "height"]);
  const { title, width = 800, height = 600 } = options;
  if (Object.keys(profiles).length === 0)
    throw new OptionError("needs a profile at least: depthChart({ plain: profile }).", { place: "depthChart" });
  const panels = PANELS.map(({ title, of }) => ({
    title,
    lines: new Map(Object.entries(profiles).map(([name, { layers }]) => [name, layers.map(of)])),
    scale: "log" as const,
  }));
  const x = { title: "layer, from the input on", first: 1 };
  return lineChart(panels, { title, label: "Activations and gradients along the depth", width, height, x });
}
