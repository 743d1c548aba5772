import { OptionError } from "../base/errors.js";
import type { SeriesTreatment } from "../data/index.js";
import type { ForecastBase } from "../data/series/choose.js";
import { wordFor } from "./output.js";

/** What of a forecast can be asked for. */
export interface SeriesWishes extends SeriesTreatment {
  /** The column to forecast. */
  readonly forecast?: string;
  readonly time?: string;
  readonly horizon?: number;
  readonly window?: number;
  readonly past?: readonly string[];
  readonly known?: readonly string[];
  readonly season?: number;
  readonly log?: boolean;
  readonly relativeTo?: ForecastBase;
}

const names = [
  "time",
  "horizon",
  "window",
  "past",
  "known",
  "season",
  "log",
  "relativeTo",
  "gaps",
  "duplicates",
  "order",
] as const;

/** Those of the options that a series is read and cut by. Throws for one that has no column to forecast. */
export function seriesWishes(options: SeriesWishes): SeriesWishes | undefined {
  const given = Object.fromEntries(
    ["forecast", ...names].flatMap((name) => {
      const value = options[name as keyof SeriesWishes];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as SeriesWishes;
  if (given.forecast !== undefined) return given;
  const [idle] = Object.keys(given);
  if (idle === undefined) return undefined;
  throw new OptionError("is for a series. Name the column to forecast: --forecast COLUMN.", { place: wordFor(idle) });
}
