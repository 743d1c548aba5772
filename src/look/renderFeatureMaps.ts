import type { FeatureMaps } from "./featureMaps.js";
import { renderPicture, type TerminalOptions } from "./terminal.js";

/** A layer's feature maps as text for a terminal: what they are, then the maps as half-block cells of colour. */
export function renderFeatureMaps(
  { layer, shape, maps, kind, most, sheet }: FeatureMaps,
  options: TerminalOptions = {},
): string {
  const silent = maps.filter((map) => map.silent).map(({ unit }) => unit);
  const [units, ...place] = shape;
  const what = place.length === 0 ? `${units} units` : `${units} maps of ${place.join(" x ")}`;
  const extent = kind === "signed" ? `${number(-most)} to ${number(most)}, white is 0` : `0 to ${number(most)}`;
  const quiet = silent.length === 0 ? "" : `; silent: ${silent.join(", ")}`;
  return `${layer}: ${what}, ${extent}${quiet}\n${renderPicture(sheet, options)}`;
}

const number = (value: number): string => (value === 0 ? "0" : value.toPrecision(3));
