import { DataError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { numberOf } from "./csv.js";
import type { FeatureEncoding, TableEncoding } from "./encoding.js";
import { dataset, type MemoryDataset } from "./memory.js";
import { columnOf, type Table, truthOf } from "./table.js";
import { checkPresent, classTexts } from "./tableFit.js";

/** One row by column name; null, undefined and the encoding's texts for "missing" stand for a missing value. */
export type TableRecord = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * One row as the network takes it: the features in the encoding's order, see `featureNames`. Other columns, such as
 * the target, are not looked at.
 * @throws DataError when a feature is not in the record, or has a value of the wrong kind
 */
export function encodeRow(encoding: TableEncoding, record: TableRecord): Float32Array {
  const out = new Float32Array(widthOf(encoding));
  let at = 0;
  for (const feature of encoding.features) {
    if (!Object.hasOwn(record, feature.name))
      throw new DataError(`"${feature.name}" is not in the record. If its value is not known, say so with null.`, {
        place: feature.name,
        expected: encoding.features.map(({ name }) => name),
        actual: Object.keys(record),
      });
    const value = record[feature.name];
    const cell = typeof value === "number" && encoding.decimal === "," ? String(value).replace(".", ",") : value;
    const text = cell === null || cell === undefined ? undefined : String(cell).trim();
    const known = text === undefined || encoding.missing.includes(text.toLowerCase()) ? undefined : text;
    at = encodeCell(encoding, feature, known, out, at, feature.name);
  }
  return out;
}

/**
 * The rows of a table as a data set: inputs [features], targets a label or, for regression, [1].
 * @throws DataError when a column is not there, a cell is of the wrong kind, or a target is missing or unknown
 */
export function encodeTable(rows: Table, encoding: TableEncoding): MemoryDataset {
  const width = widthOf(encoding);
  const data = new Float32Array(rows.length * width);
  const columns = encoding.features.map(({ name }) => columnOf(rows, name).cells);
  for (let row = 0; row < rows.length; row++) {
    let at = row * width;
    for (const [i, feature] of encoding.features.entries())
      at = encodeCell(
        encoding,
        feature,
        columns[i]?.[row],
        data,
        at,
        `${rows.name}:${rows.lines[row]}:${feature.name}`,
      );
  }
  const input: Tensor<"float32"> = { dtype: "float32", shape: [rows.length, width], data };
  return dataset({ input, target: encodeTargets(rows, encoding), encoding });
}

/** The names of the encoded columns, e.g. `age`, `age is missing`, `sex = male`, `sex = other`. */
export function featureNames(encoding: TableEncoding): string[] {
  return encoding.features.flatMap((feature) => {
    const { name } = feature;
    const columns =
      feature.kind === "category" ? [...feature.values, "other"].map((value) => `${name} = ${value}`) : [name];
    return feature.missing ? [...columns, `${name} is missing`] : columns;
  });
}

/**
 * Predictions of a regression in the units of the target column.
 * @throws DataError when the target is a class
 */
export function decodeTarget({ target }: TableEncoding, predictions: ArrayLike<number>): Float64Array {
  if (target.kind !== "number")
    throw new DataError(`it is one of the classes ${target.classes.join(", ")}, not an amount.`, {
      place: target.name,
    });
  return Float64Array.from(predictions, (y) => y * target.deviation + target.mean);
}

const widthOf = ({ features }: TableEncoding): number =>
  features.reduce((sum, f) => sum + (f.kind === "category" ? f.values.length + 1 : 1) + (f.missing ? 1 : 0), 0);

/** Writes the columns of one cell from `at` on; returns where the next ones go. `out` holds zeros. */
function encodeCell(
  encoding: TableEncoding,
  feature: FeatureEncoding,
  cell: string | undefined,
  out: Float32Array,
  at: number,
  place: string,
): number {
  let end = at;
  if (feature.kind === "category") {
    const known = cell === undefined ? -1 : feature.values.indexOf(cell);
    const other = feature.values.length;
    if (cell !== undefined || !feature.missing) out[at + (known < 0 ? other : known)] = 1;
    end += other + 1;
  } else if (feature.kind === "boolean") {
    out[end++] = cell === undefined ? feature.mean : Number(truth(cell, place));
  } else if (cell === undefined) {
    out[end++] = 0; // the mean, standardised
  } else {
    out[end++] = (number(cell, encoding, place) - feature.mean) / feature.deviation;
  }
  if (!feature.missing) return end;
  out[end] = cell === undefined ? 1 : 0;
  return end + 1;
}

function number(cell: string, { decimal }: TableEncoding, place: string): number {
  const value = numberOf(cell, decimal);
  if (value === undefined) throw new DataError(`"${cell}" is not a number, as in training.`, { place, actual: cell });
  return value;
}

function truth(cell: string, place: string): boolean {
  const value = truthOf(cell);
  if (value === undefined)
    throw new DataError(`"${cell}" is not true, false, yes or no, as in training.`, { place, actual: cell });
  return value;
}

function encodeTargets(rows: Table, encoding: TableEncoding): Tensor {
  const { target } = encoding;
  const column = columnOf(rows, target.name);
  checkPresent(rows, column);
  const place = (row: number) => `${rows.name}:${rows.lines[row]}:${target.name}`;
  if (target.kind === "number") {
    const values = column.cells.map((cell, row) => number(cell as string, encoding, place(row)));
    const data = Float32Array.from(values, (value) => (value - target.mean) / target.deviation);
    return { dtype: "float32", shape: [rows.length, 1], data };
  }
  const texts = classTexts(rows, column);
  const data = Int32Array.from(texts, (text, row) => {
    const label = target.classes.indexOf(text);
    if (label < 0)
      throw new DataError(
        `"${text}" is not one of the ${target.classes.length} classes ${target.classes.join(", ")}.`,
        {
          place: place(row),
          expected: target.classes,
          actual: text,
        },
      );
    return label;
  });
  return { dtype: "int32", shape: [rows.length], data };
}
