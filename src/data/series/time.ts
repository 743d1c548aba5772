import { DataError } from "../../base/errors.js";

/**
 * How time goes on from row to row: by so many milliseconds, months (on the same day, or always on the last one), or units
 * of a plain number.
 */
export interface Clock {
  readonly unit: (typeof clockUnits)[number];
  /** Above 0. */
  readonly step: number;
}

export const clockUnits = ["number", "millisecond", "month", "monthEnd"] as const;

/** What of a time comes round again. */
export const calendarFeatures = ["hour", "dayOfWeek", "dayOfYear", "month"] as const;
export type CalendarFeature = (typeof calendarFeatures)[number];

const DAY = 86_400_000;

const pattern =
  /^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?$/;

/**
 * Milliseconds since 1970 of an ISO date: `1949-01`, `1981-01-31`, `2016-07-01 13:00`, `2016-07-01T13:00:00.5+02:00`,
 * also with `/`. A time without a zone is read as UTC. Undefined for all else, such as the 30th of February.
 */
export function parseDate(text: string): number | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part, i) => Number(part ?? (i < 3 ? 1 : 0)));
  const date = new Date(0);
  date.setUTCFullYear(year as number, (month as number) - 1, day);
  if (date.getUTCMonth() !== (month as number) - 1 || date.getUTCDate() !== day) return undefined;
  if ((hour as number) > 23 || (minute as number) > 59 || (second as number) > 59) return undefined;
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(found[8] ?? "");
  const ahead = zone === null ? 0 : (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]));
  const seconds = ((hour as number) * 60 + (minute as number) - ahead) * 60 + (second as number);
  return date.getTime() + Math.round(1000 * (seconds + Number(found[7] ?? 0)));
}

/**
 * The clock by which rising times go, and where each of them stands on it, from 0.
 * @param place the place of the row at this position, for errors
 * @throws DataError for a time between two ticks
 */
export function clockOf(
  times: ArrayLike<number>,
  dates: boolean,
  place: (row: number) => string,
): { clock: Clock; ticks: number[] } {
  const all = Array.from(times);
  const unit = dates ? unitOf(all) : "number";
  const counted = all.map((time) => count(unit, time));
  const step = usualStep(counted);
  const clock = { unit, step };
  const ticks = counted.map((at, row) => {
    const exact = (at - (counted[0] as number)) / step;
    if (Math.abs(exact - Math.round(exact)) < 1e-3) return Math.round(exact);
    throw new DataError(
      `${formatTime(clock, all[row] as number)} stands between two steps: most rows are ${formatStep(clock)} apart, and ` +
        `this one is not. Correct it, or take the rows as evenly spaced: gaps: "close".`,
      { place: place(row), expected: step, actual: all[row] },
    );
  });
  return { clock, ticks };
}

/** The clock of most rows, whatever the others do. */
export function usualClock(times: ArrayLike<number>, dates: boolean): Clock {
  const all = Array.from(times);
  const unit = dates ? unitOf(all) : "number";
  return { unit, step: usualStep(all.map((time) => count(unit, time))) };
}

function unitOf(times: readonly number[]): Clock["unit"] {
  const apart = times.every((time, i) => i === 0 || time - (times[i - 1] as number) >= 28 * DAY);
  const clock = new Set(times.map((time) => ((time % DAY) + DAY) % DAY));
  if (!apart || clock.size > 1) return "millisecond";
  const days = new Set(times.map((time) => new Date(time).getUTCDate()));
  if (days.size === 1) return "month";
  return times.every((time) => new Date(time + DAY).getUTCDate() === 1) ? "monthEnd" : "millisecond";
}

function count(unit: Clock["unit"], time: number): number {
  if (unit === "number" || unit === "millisecond") return time;
  const date = new Date(time);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}

/** The commonest difference; of equally common ones the smallest. */
function usualStep(counted: readonly number[]): number {
  const seen = new Map<number, number>();
  for (let i = 1; i < counted.length; i++) {
    // Plain numbers such as 0.1, 0.2, 0.3 differ by rounding errors.
    const difference = Number(((counted[i] as number) - (counted[i - 1] as number)).toPrecision(9));
    seen.set(difference, (seen.get(difference) ?? 0) + 1);
  }
  const most = Math.max(...seen.values());
  return Math.min(...[...seen].filter(([, times]) => times === most).map(([step]) => step));
}

/** The time `steps` steps after `time`. */
export function later({ unit, step }: Clock, time: number, steps: number): number {
  if (unit === "number" || unit === "millisecond") return time + steps * step;
  const date = new Date(time);
  const day = date.getUTCDate();
  const to = new Date(time);
  to.setUTCDate(1);
  to.setUTCMonth(date.getUTCMonth() + steps * step + 1, 0); // the month's last day
  if (unit === "month") to.setUTCDate(Math.min(day, to.getUTCDate()));
  return to.getTime();
}

/** As short as the clock allows: `1949-01`, `1981-01-31`, `2016-07-01 13:00`, or the plain number. */
export function formatTime({ unit, step }: Clock, time: number): string {
  if (unit === "number") return String(Number(time.toPrecision(12)));
  const text = new Date(time).toISOString();
  const [day, clock] = [text.slice(0, -14), text.slice(-13, -1)];
  if (unit === "month" && day.endsWith("-01") && clock === "00:00:00.000") return day.slice(0, -3);
  if (clock === "00:00:00.000" && (unit !== "millisecond" || step % DAY === 0)) return day;
  const fine = clock.endsWith(".000") ? clock.slice(0, -4) : clock;
  return `${day} ${fine.endsWith(":00") && fine.length === 8 ? fine.slice(0, -3) : fine}`;
}

/** A clock's step in words: `1 hour`, `3 months`. */
export function formatStep({ unit, step }: Clock): string {
  const of = (n: number, what: string) => `${Number(n.toPrecision(6))} ${what}${n === 1 ? "" : "s"}`;
  if (unit === "number") return String(step);
  if (unit !== "millisecond") return step % 12 === 0 ? of(step / 12, "year") : of(step, "month");
  const sizes: [size: number, name: string][] = [
    [7 * DAY, "week"],
    [DAY, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ];
  const [size, name] = sizes.find(([size]) => step % size === 0) ?? [1, "millisecond"];
  return of(step / size, name);
}

/** How many steps usually make a season: 24 hours, 7 days, 52 weeks, 12 months, 4 quarters; otherwise 1, none. */
export function seasonOf({ unit, step }: Clock): number {
  if (unit === "number") return 1;
  if (unit !== "millisecond") return 12 % step === 0 ? 12 / step : 1;
  if (step % DAY === 0) return step === DAY ? 7 : step === 7 * DAY ? 52 : 1;
  return DAY % step === 0 ? DAY / step : 1;
}

/** How long each feature takes to come round, in milliseconds. */
export const rounds: Readonly<Record<CalendarFeature, number>> = {
  hour: DAY,
  dayOfWeek: 7 * DAY,
  dayOfYear: 365.25 * DAY,
  month: 365.25 * DAY,
};

/** How far a time is around the feature's circle, in [0, 1). */
const shares: Readonly<Record<CalendarFeature, (time: number) => number>> = {
  hour: (time) => (((time % DAY) + DAY) % DAY) / DAY,
  // The first day of 1970 was a Thursday; a week begins with Monday.
  dayOfWeek: (time) => ((((Math.floor(time / DAY) + 3) % 7) + 7) % 7) / 7,
  dayOfYear: (time) => {
    const year = new Date(time).getUTCFullYear();
    const [begin, end] = [Date.UTC(year), Date.UTC(year + 1)];
    return Math.floor((time - begin) / DAY) / ((end - begin) / DAY);
  },
  month: (time) => new Date(time).getUTCMonth() / 12,
};

/** A time's place on the feature's circle: sine and cosine. */
export function onCircle(feature: CalendarFeature, time: number): readonly [sin: number, cos: number] {
  const angle = 2 * Math.PI * shares[feature](time);
  return [Math.sin(angle), Math.cos(angle)];
}
