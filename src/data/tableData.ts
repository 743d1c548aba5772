import { OptionError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { TableEncoding } from "./encoding.js";
import type { MemoryDataset } from "./memory.js";
import { splitPositions } from "./split.js";
import { selectRows, type TableOptions, table, tableOptions } from "./table.js";
import { encodeTable } from "./tableEncode.js";
import {
  checkPresent,
  classesIn,
  classTexts,
  type FitTableOptions,
  fitTable,
  fitTableOptions,
  targetColumn,
  taskOf,
} from "./tableFit.js";

export interface TableDataOptions<K extends string> extends TableOptions, FitTableOptions {
  /** The share of each part; the scaling is learned on `train`. Defaults to 0.7, 0.15 and 0.15. */
  readonly split?: Readonly<Record<K | "train", number>>;
  /** Of the split, a whole number. Defaults to 0. */
  readonly seed?: number;
  /** Keep the shares of the classes in every part. Defaults to true for classification. */
  readonly stratify?: boolean;
  /** Leave out rows without a target; else they are an error. Defaults to false. */
  readonly dropMissing?: boolean;
}

/**
 * From CSV text to data sets: reads the table, divides its rows at random, learns on the training rows alone how to
 * encode them (see `fitTable`), and encodes every part so. Only the names of the classes come from all rows.
 * `const { train, validation, test } = tableData(text, { target: "species", name: "penguins.csv" })`
 * @throws DataError naming file, line and column of what cannot be used
 */
export function tableData<K extends string = "validation" | "test">(
  text: string,
  options: TableDataOptions<K> = {},
): Record<K | "train", MemoryDataset> {
  const own = ["split", "seed", "stratify", "dropMissing"];
  checkOptions("tableData", options, [...tableOptions, ...fitTableOptions, ...own]);
  const usual = { train: 0.7, validation: 0.15, test: 0.15 } as Record<string, number>;
  const { split = usual as Record<K | "train", number>, seed = 0, dropMissing = false } = options;
  if (!Object.hasOwn(split, "train"))
    throw new OptionError(`split must have a part "train", got ${Object.keys(split).join(", ")}.`, {
      place: "tableData",
    });
  const all = table(text, pick(options, tableOptions));
  const found = targetColumn(all, options.target);
  const present = all.lines.map((_, i) => i).filter((i) => found.cells[i] !== undefined);
  const rows = dropMissing ? selectRows(all, present) : all;
  const target = targetColumn(rows, options.target);
  checkPresent(rows, target);

  const task = options.task ?? taskOf(rows, target);
  const classes = task === "classification" ? (options.classes ?? classesIn(rows, target)) : undefined;
  const texts = (options.stratify ?? task === "classification") ? classTexts(rows, target) : undefined;
  const groups = [...new Set(texts)];
  const labels = texts?.map((text) => groups.indexOf(text));
  const parts = splitPositions(rows.length, split, seed, labels);

  const encoding: TableEncoding = fitTable(selectRows(rows, parts.train), {
    ...pick(options, fitTableOptions),
    task,
    ...(classes !== undefined && { classes }),
  });
  return Object.fromEntries(
    Object.entries<Uint32Array>(parts).map(([name, positions]) => [
      name,
      encodeTable(selectRows(rows, positions), encoding),
    ]),
  ) as Record<K | "train", MemoryDataset>;
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]])) as Pick<T, K>;
}
