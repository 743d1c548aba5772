import type { SeriesEncoding, SeriesVariable } from "../encoding.js";
import { seriesBases } from "../encoding.js";
import { listOf, number, oneOf, positive, type Read, record, refuse, size, text, texts, truth } from "../readJson.js";
import { orderTreatments } from "./read.js";
import { duplicateTreatments, gapTreatments } from "./repair.js";
import { calendarFeatures, clockUnits } from "./time.js";

/** A series' encoding from JSON, checked field by field. */
export function parseSeries(fields: Record<string, unknown>, at: string): SeriesEncoding {
  const { relativeTo, quantiles } = fields;
  const base = relativeTo === undefined ? undefined : oneOf(seriesBases)(relativeTo, `${at}.relativeTo`);
  const variables = (name: string) =>
    listOf(variable(base !== undefined && name === "targets"))(fields[name], `${at}.${name}`);
  const clock = record(fields.clock, `${at}.clock`);
  const treatment = record(fields.treatment, `${at}.treatment`);
  const targets = variables("targets");
  if (targets.length === 0) refuse(fields.targets, `${at}.targets`, "a target at least");
  const shares = quantiles === undefined ? undefined : listOf(number)(quantiles, `${at}.quantiles`);
  if (
    shares !== undefined &&
    !(targets.length === 1 && shares.includes(0.5) && shares.every((q, i) => q > (shares[i - 1] ?? 0) && q < 1))
  )
    refuse(quantiles, `${at}.quantiles`, "rising numbers between 0 and 1, with 0.5, of one target");
  return {
    kind: "series",
    time: fields.time === false ? false : text(fields.time, `${at}.time`),
    clock: { unit: oneOf(clockUnits)(clock.unit, `${at}.clock.unit`), step: positive(clock.step, `${at}.clock.step`) },
    targets,
    past: variables("past"),
    known: variables("known"),
    calendar: listOf(oneOf(calendarFeatures))(fields.calendar, `${at}.calendar`),
    window: size(fields.window, `${at}.window`),
    horizon: size(fields.horizon, `${at}.horizon`),
    season: size(fields.season, `${at}.season`),
    ...(base !== undefined && { relativeTo: base }),
    ...(shares !== undefined && { quantiles: shares }),
    until: number(fields.until, `${at}.until`),
    treatment: {
      gaps: oneOf(gapTreatments)(treatment.gaps, `${at}.treatment.gaps`),
      duplicates: oneOf(duplicateTreatments)(treatment.duplicates, `${at}.treatment.duplicates`),
      order: oneOf(orderTreatments)(treatment.order, `${at}.treatment.order`),
    },
    missing: texts(fields.missing, `${at}.missing`),
  };
}

const variable =
  (changes: boolean): Read<SeriesVariable> =>
  (value, at) => {
    const fields = record(value, at);
    const spread = (from: Record<string, unknown>, here: string) => ({
      mean: number(from.mean, `${here}.mean`),
      deviation: positive(from.deviation, `${here}.deviation`),
    });
    return {
      name: text(fields.name, `${at}.name`),
      log: truth(fields.log, `${at}.log`),
      ...spread(fields, at),
      ...(changes && { change: spread(record(fields.change, `${at}.change`), `${at}.change`) }),
    };
  };
