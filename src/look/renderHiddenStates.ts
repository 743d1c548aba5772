import { checkOptions } from "../base/options.js";
import { textTable } from "../base/textTable.js";
import { checkUnit, type HiddenStates } from "./hiddenStates.js";
import { hiddenStatesPicture, mostVaried, seriesOf, stateScale } from "./hiddenStatesPicture.js";
import { renderTokens } from "./renderTokens.js";
import { renderPicture, type TerminalOptions } from "./terminal.js";

export interface RenderHiddenStatesOptions extends TerminalOptions {
  /** At most so many units, those that vary the most; defaults to 24. */
  readonly units?: number;
  /** What the network read, step by step: written on the colours of `unit`. */
  readonly tokens?: readonly string[];
  /** Whose state colours the tokens; defaults to the one that varies the most. */
  readonly unit?: number;
}

/** A recurrent layer's states and gates as text for a terminal: time from left to right, a row per unit. */
export function renderHiddenStates(states: HiddenStates, options: RenderHiddenStatesOptions = {}): string {
  checkOptions("renderHiddenStates", options, ["columns", "colours", "units", "tokens", "unit"]);
  const { units = 24, tokens, unit = mostVariedUnit(states), ...terminal } = options;
  checkUnit("renderHiddenStates", unit, states);
  const rows = mostVaried(states, units);
  const few = states.units > units ? `, the ${units} that vary the most` : "";
  const parts = [`${states.layer}: ${states.time} steps, ${states.units} units${few}`];
  for (const value of states.values.keys()) {
    const { kind, most } = stateScale(states, value, rows);
    const extent = kind === "signed" ? `${number(-most)} to ${number(most)}` : `0 to ${number(most)}`;
    parts.push(`${value}, ${extent}\n${renderPicture(hiddenStatesPicture(states, value, { units }), terminal)}`);
  }
  if (tokens !== undefined) {
    const strip = renderTokens(tokens, seriesOf(states, "state", unit), terminal, stateScale(states, "state", [unit]));
    parts.push(`state of unit ${unit}\n${strip}`);
  }
  if (states.saturation.size > 0) parts.push(saturationTable(states));
  return parts.join("\n\n");
}

/** How often gates are shut and open, and how many of their units are always so, as text. */
function saturationTable({ saturation }: HiddenStates): string {
  const rows = [...saturation].map(([gate, { shut, open }]) => [
    gate,
    share(shut),
    share(open),
    String(shut.filter(always).length),
    String(open.filter(always).length),
  ]);
  const titles = ["gate", "below 0.1", "above 0.9", "units always below", "units always above"];
  return textTable(
    titles,
    rows,
    titles.map((_, i) => (i === 0 ? "left" : "right")),
  );
}

/** The unit whose state varies the most. */
function mostVariedUnit(states: HiddenStates): number {
  const [unit] = mostVaried(states, 1);
  return unit as number;
}

const always = (part: number): boolean => part > 1 - 1e-6;

const share = (shares: Float32Array): string =>
  `${((100 * shares.reduce((a, b) => a + b, 0)) / shares.length).toFixed(1)} %`;

const number = (value: number): string => String(Number(value.toPrecision(3)));
