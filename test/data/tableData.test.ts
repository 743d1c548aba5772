import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { countClasses, type MemoryDataset, type TableEncoding, tableData } from "../../src/data/index.js";
import { has, textOf } from "./datasets.js";

/** 200 rows: a number and a category to learn from; the target is the row's own number, which the split cannot see. */
const cells = Array.from({ length: 200 }, (_, i) => [`${(i * 37) % 101}`, "abc"[i % 3] as string]);
const csvOf = (rows: string[][]) => `x,c,row\n${rows.map(([x, c], i) => `${x},${c},${i}`).join("\n")}\n`;
const options = { task: "regression", seed: 5 } as const;

const all = (data: MemoryDataset) => data.batch(Array.from({ length: data.length }, (_, i) => i));

/** Which rows a part holds, read off its targets. */
function rowsIn(data: MemoryDataset): number[] {
  const { target } = data.encoding as TableEncoding;
  if (target.kind !== "number") throw new Error("not a regression");
  return [...(all(data).targets.target?.data ?? [])].map((y) =>
    Math.abs(Math.round(y * target.deviation + target.mean)),
  );
}

describe("tableData", () => {
  it("divides the rows: no row twice, none left out", () => {
    const parts = tableData(csvOf(cells), options);
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([140, 30, 30]);
    const found = [parts.train, parts.validation, parts.test].flatMap(rowsIn);
    expect(found.toSorted((a, b) => a - b)).toEqual(cells.map((_, i) => i));
  });

  it("learns nothing from the rows for validation and test", () => {
    const parts = tableData(csvOf(cells), options);
    const training = new Set(rowsIn(parts.train));
    // The held-out rows become absurd: huge, missing, of categories never seen.
    const poisoned = cells.map((row, i) => (training.has(i) ? row : [i % 2 ? "1e9" : "", `never seen ${i}`]));
    const again = tableData(csvOf(poisoned), options);
    expect(rowsIn(again.train)).toEqual(rowsIn(parts.train));
    expect(again.train.encoding).toEqual(parts.train.encoding);
    expect(all(again.train)).toEqual(all(parts.train));
    expect(again.test.encoding).toEqual(again.train.encoding);
    // The test can see a leak: one training row changed, and the encoding changes.
    const row = rowsIn(parts.train)[0] as number;
    const spoiled = tableData(csvOf(cells.map((each, i) => (i === row ? ["1e9", "b"] : each))), options);
    expect(spoiled.train.encoding).not.toEqual(parts.train.encoding);
  });

  it("standardises the training rows exactly, and the others only nearly", () => {
    const { train, test } = tableData(csvOf(cells), options);
    const column = (data: MemoryDataset) => [...(all(data).inputs.input?.data ?? [])].filter((_, i) => i % 5 === 0);
    const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(train.inputShapes).toEqual({ input: [5] });
    expect(mean(column(train))).toBeCloseTo(0, 6);
    expect(mean(column(train).map((x) => x * x))).toBeCloseTo(1, 6);
    expect(Math.abs(mean(column(test)))).toBeGreaterThan(1e-3);
  });

  it("stratifies classification, and knows all classes though training may lack one", () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i},${i % 10 === 0 ? "rare" : "often"}`).join("\n");
    const { train, validation } = tableData(`x,y\n${rows}\n`, { split: { train: 0.5, validation: 0.5 } });
    expect(countClasses(train.labels ?? [], 2)).toEqual([45, 5]);
    expect(countClasses(validation.labels ?? [], 2)).toEqual([45, 5]);
    const lone = tableData(`x,y\n${rows}\n0,lone\n`, { split: { train: 0.02, rest: 0.98 }, stratify: false });
    expect(lone.train.length).toBe(2);
    expect(lone.rest.classes).toEqual(["lone", "often", "rare"]);
  });

  it("gives the same parts for the same seed, and others for another", () => {
    const rows = (seed: number) => rowsIn(tableData(csvOf(cells), { ...options, seed }).test);
    expect(rows(1)).toEqual(rows(1));
    expect(rows(1)).not.toEqual(rows(2));
  });

  it("leaves out rows without a target when told to", () => {
    const text = `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 4 === 0 ? "" : "ab"[i % 2]}`).join("\n")}\n`;
    expect(() => tableData(text, { name: "t.csv" })).toThrow(DataError);
    expect(() => tableData(text, { name: "t.csv" })).toThrow("t.csv:2:y: the target is missing in 10 of 40 rows");
    const { train, validation, test } = tableData(text, { dropMissing: true });
    expect(train.length + validation.length + test.length).toBe(30);
  });

  it("refuses unknown options, and a split without a part for training", () => {
    expect(() => tableData("x,y\n1,2\n", { traget: "y" } as never)).toThrow('Did you mean "target"?');
    expect(() => tableData("x,y\n1,2\n", { split: { a: 0.5, b: 0.5 } } as never)).toThrow(OptionError);
  });
});

describe.skipIf(!has("tabular"))("tableData on real tables", () => {
  it("divides the penguins by species", () => {
    const { train, validation, test } = tableData(textOf("tabular/penguins.csv"), { target: "species", seed: 1 });
    // 152 Adelie, 68 Chinstrap, 124 Gentoo.
    const counts = [train, validation, test].map((part) => countClasses(part.labels ?? [], 3));
    expect([0, 1, 2].map((c) => counts.reduce((sum, each) => sum + (each[c] ?? 0), 0))).toEqual([152, 68, 124]);
    for (const [c, whole] of [152, 68, 124].entries())
      expect(Math.abs((counts[0]?.[c] ?? 0) - 0.7 * whole)).toBeLessThan(2);
  });
});
