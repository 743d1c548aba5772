import { DataError, OptionError } from "../../base/errors.js";
import { checkOptions } from "../../base/options.js";
import { csv } from "../csv.js";
import { checkClasses } from "../labels.js";
import { checkColumn } from "../table.js";

/** Texts that each belong to a class. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  /** The class of each text, 0-based. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** Where each text stands, e.g. `rt-polarity.pos:17`. */
  readonly places: readonly string[];
}

/**
 * Each line that is not blank is a text; each file is a class: `labelledLines({ pos: "a fine film\n...", neg: "..." })`.
 * @throws DataError when there are fewer than two classes, or a class has no line
 */
export function labelledLines(files: Readonly<Record<string, string>>): LabelledTexts {
  return gather(
    Object.entries(files).map(([name, content]) => ({
      name,
      texts: content
        .split(/\r?\n|\r/)
        .map((line, i) => ({ text: line.trim(), place: `${name}:${i + 1}` }))
        .filter(({ text }) => text !== ""),
    })),
  );
}

export interface LabelledCsvOptions {
  /** The column of the texts. */
  readonly text: string;
  /** The column of the classes. Defaults to the last. */
  readonly target?: string;
  /** Names the file in errors. Defaults to "csv". */
  readonly name?: string;
}

/**
 * The texts and classes of two columns of CSV text, classes in order of name.
 * @throws OptionError when there is no such column, DataError when a cell is empty or there is one class only
 */
export function labelledCsv(content: string, options: LabelledCsvOptions): LabelledTexts {
  checkOptions("labelledCsv", options, ["text", "target", "name"]);
  const { name, columns, rows, lines } = csv(content, { header: true, ...(options.name && { name: options.name }) });
  const { text: textColumn, target = columns.at(-1) as string } = options;
  if (textColumn === target)
    throw new OptionError(`the column "${target}" cannot be both text and target.`, { place: "labelledCsv" });
  const [textAt, classAt] = [textColumn, target].map((column) => {
    checkColumn(column, columns, name);
    return columns.indexOf(column);
  }) as [number, number];
  const groups = new Map<string, { text: string; place: string }[]>();
  rows.forEach((row, i) => {
    const [text, label] = [row[textAt] as string, row[classAt] as string];
    const place = `${name}:${lines[i]}`;
    if (text === "" || label === "")
      throw new DataError(`the cell of "${text === "" ? textColumn : target}" is empty. Fill it, or remove the row.`, {
        place,
      });
    const group = groups.get(label) ?? [];
    group.push({ text, place });
    groups.set(label, group);
  });
  return gather([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, texts]) => ({ name: label, texts })));
}

/** @throws DataError when there are fewer than two classes, or a class has no text */
export function gather(
  groups: readonly { readonly name: string; readonly texts: readonly { text: string; place: string }[] }[],
): LabelledTexts {
  const classes = groups.map(({ name }) => name);
  checkClasses(classes, "texts");
  if (classes.length < 2)
    throw new DataError(`there is one class only, "${classes[0]}"; telling classes apart needs two.`, {
      place: "texts",
    });
  const empty = groups.find(({ texts }) => texts.length === 0);
  if (empty !== undefined) throw new DataError("there is no text in it.", { place: empty.name });
  const all = groups.flatMap(({ texts }, label) => texts.map((each) => ({ ...each, label })));
  return {
    texts: all.map(({ text }) => text),
    labels: Int32Array.from(all, ({ label }) => label),
    classes,
    places: all.map(({ place }) => place),
  };
}
