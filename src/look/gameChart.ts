import { scaleLinear } from "d3-scale";
import { ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { BAR_MARGIN, barOf, legendOf } from "./gameLegend.js";
import {
  arrowsOf,
  cellsOf,
  dotsOf,
  edges,
  type GameParts,
  madeMark,
  meshOf,
  type Place,
  realMark,
} from "./gameMarks.js";
import { LINE, MARGIN } from "./lineChart.js";
import { short, svg, text } from "./svg.js";

export interface GameChartOptions {
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** Pixels; defaults to 640. */
  readonly width?: number;
  /** Pixels; defaults to 600. */
  readonly height?: number;
}

/**
 * A game of points in one picture, as an SVG text: what the discriminator thinks of each place (purple: real, orange: made,
 * near-white: 1/2), the generator's cells of noise (the denser the darker), real and made points, and where made ones are pulled.
 * Points outside of the surface are counted in the legend and not drawn.
 * @throws ShapeError for examples that are no points
 */
export function gameChart(parts: GameParts, options: GameChartOptions = {}): string {
  checkOptions("gameChart", parts, ["surface", "manifold", "real", "fake", "arrows"]);
  checkOptions("gameChart", options, ["title", "width", "height"]);
  const { title, width = 640, height = 600 } = options;
  checkNumber("gameChart", "width", width, { low: 250, high: 10_000 });
  checkNumber("gameChart", "height", height, { low: 250, high: 10_000 });
  const { surface, manifold, real, fake, arrows } = parts;
  for (const points of [real, fake, arrows?.arrows]) if (points !== undefined) checkPoints(points);
  const top = title === undefined ? 12 : 40;
  const legend = legendOf(parts, top, width - BAR_MARGIN);
  const frame = {
    left: MARGIN.left,
    right: width - BAR_MARGIN,
    top: top + legend.rows * LINE + 8,
    bottom: height - MARGIN.bottom,
  };
  const x = scaleLinear(edges(surface.x), [0, frame.right - frame.left]);
  const y = scaleLinear(edges(surface.y), [frame.bottom - frame.top, 0]);
  const place: Place = (across, up) => [x(across), y(up)];
  const drawn = [
    ...cellsOf(surface, place),
    ...(manifold === undefined ? [] : meshOf(manifold, place)),
    ...(real === undefined ? [] : dotsOf(real, place, realMark)),
    ...(arrows === undefined ? [] : arrowsOf(arrows, place, frame.right - frame.left)),
    ...(fake === undefined ? [] : dotsOf(fake, place, madeMark)),
  ];
  const marks = [
    ...x.ticks(6).flatMap((value) => {
      const at = frame.left + x(value);
      return [
        `<path d="M${short(at)} ${short(frame.bottom)}v5" stroke="#888" fill="none"/>`,
        text(at, frame.bottom + 18, x.tickFormat(6)(value), 'text-anchor="middle"'),
      ];
    }),
    ...y.ticks(6).flatMap((value) => {
      const at = frame.top + y(value);
      return [
        `<path d="M${frame.left - 5} ${short(at)}h5" stroke="#888" fill="none"/>`,
        text(frame.left - 8, at + 4, y.tickFormat(6)(value), 'text-anchor="end"'),
      ];
    }),
  ];
  const [across, up] = [frame.right - frame.left, frame.bottom - frame.top];
  return svg(width, height, title ?? "A game: what the discriminator thinks, and what the generator makes", [
    ...(title === undefined ? [] : [text(width / 2, 24, title, 'text-anchor="middle" font-size="16"')]),
    ...legend.parts,
    // A picture of its own cuts off what juts out.
    `<svg x="${frame.left}" y="${short(frame.top)}" width="${short(across)}" height="${short(up)}">`,
    ...drawn,
    "</svg>",
    `<path d="M${frame.left} ${short(frame.top)}h${short(across)}v${short(up)}h${short(-across)}Z" stroke="#888" fill="none"/>`,
    ...marks,
    ...barOf(frame),
  ]);
}

function checkPoints({ shape }: Tensor): void {
  if (shape.length === 2 && shape[1] === 2) return;
  throw new ShapeError(`expected points [count, 2], got ${formatShape(shape)}.`, { place: "gameChart", actual: shape });
}
