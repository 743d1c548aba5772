import { type TableEncoding, tableData } from "../data/index.js";
import { readText } from "../node/index.js";
import type { Source, SourceOptions } from "./data.js";

const PARTS = { train: 0.8, test: 0.2 } as const;

/** A CSV or TSV file: classification or regression by the target column. */
export async function tableSource(path: string, { target, seed, encoding: charset }: SourceOptions): Promise<Source> {
  const text = await readText(path, charset && { encoding: charset });
  const options = { name: path, split: PARTS, seed, dropMissing: true, ...(target !== undefined && { target }) };
  const { train, test } = tableData(text, options);
  const encoding = train.encoding as TableEncoding;
  const asked = target === undefined ? "" : `target: ${JSON.stringify(target)}, `;
  const kind =
    encoding.target.kind === "class" ? `the class "${encoding.target.name}"` : `the number "${encoding.target.name}"`;
  const left = encoding.ignored.map(({ name, reason }) => `; "${name}" is left out: ${reason}`).join("");
  return {
    about: `a table of ${encoding.features.length} features that predict ${kind}: ${train.length} rows to train on and ${test.length} set apart to test${left}`,
    training: train,
    test,
    encoding,
    ...(train.classes && { classes: train.classes }),
    code: [
      `const text = await readText(${JSON.stringify(path)}${charset ? `, { encoding: "${charset}" }` : ""});`,
      `const { train: training, test } = tableData(text, { ${asked}split: { train: ${PARTS.train}, test: ${PARTS.test} }, seed: ${seed}, dropMissing: true });`,
    ],
    imports: { "midst/data": ["tableData"], "midst/node": ["readText"] },
  };
}
