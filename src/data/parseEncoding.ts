import { FormatError, MidstError } from "../base/errors.js";
import {
  type Encoding,
  type FeatureEncoding,
  fits,
  type ImageEncoding,
  type LatentEncoding,
  type SoundEncoding,
  type SoundFeatures,
  type TableEncoding,
  type TargetEncoding,
  type ValuesEncoding,
} from "./encoding.js";
import { imageEncoding } from "./images.js";
import { listOf, number, positive, type Read, record, refuse, size, text, texts, truth } from "./readJson.js";
import { parseSeries } from "./series/parse.js";
import { checkFeatures, featureCount } from "./sound/features.js";
import { checkTokenizer } from "./text/tokenizers.js";

/**
 * An encoding from the JSON that was saved with the weights, checked field by field.
 * @param place names the file in errors
 * @throws FormatError naming the field that is not what it should be
 */
export function parseEncoding(json: string, place: string): Encoding {
  const at = `${place}: encoding`;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new FormatError("is not JSON.", { place: at, cause });
  }
  const fields = record(value, at);
  if (fields.kind === "images") return images(fields, at);
  if (fields.kind === "table") return rows(fields, at);
  if (fields.kind === "values") return values(fields, at);
  if (fields.kind === "latent") return latent(fields, at);
  if (fields.kind === "text")
    return {
      kind: "text",
      tokenizer: checkTokenizer(fields.tokenizer, `${at}.tokenizer`),
      length: size(fields.length, `${at}.length`),
      ...classes(fields, at),
    };
  if (fields.kind === "series") return parseSeries(fields, at);
  if (fields.kind === "sound") return sound(fields, at);
  return refuse(fields.kind, `${at}.kind`, '"images", "latent", "series", "sound", "table", "text" or "values"');
}

function classes(fields: Record<string, unknown>, at: string): { classes?: readonly string[] } {
  return fields.classes === undefined ? {} : { classes: texts(fields.classes, `${at}.classes`) };
}

const values = (fields: Record<string, unknown>, at: string): ValuesEncoding => ({
  kind: "values",
  shape: listOf(size)(fields.shape, `${at}.shape`),
  ...classes(fields, at),
});

function latent(fields: Record<string, unknown>, at: string): LatentEncoding {
  const { noise } = fields;
  const of = fields.of === undefined ? undefined : record(fields.of, `${at}.of`);
  const made = of && example(of, `${at}.of`);
  return {
    kind: "latent",
    size: size(fields.size, `${at}.size`),
    noise: noise === "normal" || noise === "uniform" ? noise : refuse(noise, `${at}.noise`, '"normal" or "uniform"'),
    ...(made && { of: made }),
    ...classes(fields, at),
  };
}

/** How what a generator makes is encoded. */
function example(fields: Record<string, unknown>, at: string): ImageEncoding | ValuesEncoding {
  if (fields.kind === "images") return images(fields, at);
  if (fields.kind === "values") return values(fields, at);
  return refuse(fields.kind, `${at}.kind`, '"images" or "values"');
}

function images(fields: Record<string, unknown>, at: string): ImageEncoding {
  const [channels = 0, height = 0, width = 0, ...more] = listOf(size)(fields.shape, `${at}.shape`);
  if (width === 0 || more.length > 0) return refuse(fields.shape, `${at}.shape`, "[channels, height, width]");
  const mean = listOf(number)(fields.mean, `${at}.mean`);
  const deviation = listOf(positive)(fields.deviation, `${at}.deviation`);
  return asFormat(at, () => {
    const bytes = fields.bytes !== undefined && truth(fields.bytes, `${at}.bytes`);
    const encoding = imageEncoding({
      shape: [channels, height, width],
      mean,
      deviation,
      bytes,
      ...classes(fields, at),
    });
    if (fields.fit === undefined) return encoding;
    const fit = fits.find((known) => known === fields.fit);
    return { ...encoding, fit: fit ?? refuse(fields.fit, `${at}.fit`, `one of ${fits.join(", ")}`) };
  });
}

function sound(fields: Record<string, unknown>, at: string): SoundEncoding {
  const given = record(fields.features, `${at}.features`);
  const numeric = (name: string) => number(given[name], `${at}.features.${name}`);
  const features: SoundFeatures = {
    kind: given.kind as SoundFeatures["kind"],
    rate: numeric("rate"),
    window: numeric("window"),
    hop: numeric("hop"),
    bands: numeric("bands"),
    ...(given.coefficients !== undefined && { coefficients: numeric("coefficients") }),
    low: numeric("low"),
    high: numeric("high"),
  };
  asFormat(`${at}.features`, () => checkFeatures(features, "features"));
  const width = featureCount(features);
  const each = (name: "mean" | "deviation", read: Read<number>) => {
    const list = listOf(read)(fields[name], `${at}.${name}`);
    return list.length === width ? list : refuse(list.length, `${at}.${name}.length`, `${width}, one a feature`);
  };
  return {
    kind: "sound",
    features,
    length: size(fields.length, `${at}.length`),
    mean: each("mean", number),
    deviation: each("deviation", positive),
    ...classes(fields, at),
  };
}

/** What `make` gives; an error of an option becomes one of the file. */
function asFormat<T>(place: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof MidstError) throw new FormatError(cause.message, { place, cause });
    throw cause;
  }
}

function rows(fields: Record<string, unknown>, at: string): TableEncoding {
  const { decimal } = fields;
  return {
    kind: "table",
    features: listOf(feature)(fields.features, `${at}.features`),
    target: target(fields.target, `${at}.target`),
    ignored: listOf((value, here) => {
      const { name, reason } = record(value, here);
      return { name: text(name, `${here}.name`), reason: text(reason, `${here}.reason`) };
    })(fields.ignored, `${at}.ignored`),
    missing: texts(fields.missing, `${at}.missing`),
    decimal: decimal === "." || decimal === "," ? decimal : refuse(decimal, `${at}.decimal`, '"." or ","'),
  };
}

const feature: Read<FeatureEncoding> = (value, at) => {
  const fields = record(value, at);
  const shared = { name: text(fields.name, `${at}.name`), missing: truth(fields.missing, `${at}.missing`) };
  if (fields.kind === "category") return { kind: "category", ...shared, values: texts(fields.values, `${at}.values`) };
  const mean = () => number(fields.mean, `${at}.mean`);
  if (fields.kind === "boolean") return { kind: "boolean", ...shared, mean: mean() };
  if (fields.kind === "number")
    return { kind: "number", ...shared, mean: mean(), deviation: positive(fields.deviation, `${at}.deviation`) };
  return refuse(fields.kind, `${at}.kind`, '"number", "boolean" or "category"');
};

const target: Read<TargetEncoding> = (value, at) => {
  const fields = record(value, at);
  const name = text(fields.name, `${at}.name`);
  if (fields.kind === "class") return { kind: "class", name, classes: texts(fields.classes, `${at}.classes`) };
  if (fields.kind !== "number") return refuse(fields.kind, `${at}.kind`, '"class" or "number"');
  const mean = number(fields.mean, `${at}.mean`);
  return { kind: "number", name, mean, deviation: positive(fields.deviation, `${at}.deviation`) };
};
