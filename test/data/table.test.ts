import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import {
  decodeTarget,
  encodeRow,
  encodeTable,
  featureNames,
  fitTable,
  selectRows,
  type TableEncoding,
  table,
} from "../../src/data/index.js";
import { has, textOf } from "./datasets.js";

const kinds = (text: string, options = {}) => table(text, options).columns.map(({ kind }) => kind);

const people = `age,sex,member,income
20,m,yes,100
40,f,no,300
,f,yes,200
30,x,no,400
`;

describe("table", () => {
  it("finds numbers, truth values and categories, and what is missing", () => {
    const { columns, length, lines } = table(people);
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["age", "number"],
      ["sex", "category"],
      ["member", "boolean"],
      ["income", "number"],
    ]);
    expect(columns[0]?.cells).toEqual(["20", "40", undefined, "30"]);
    expect([length, lines]).toEqual([4, [2, 3, 4, 5]]);
  });

  it("takes an empty cell, NA, N/A, NaN, null and ? for missing, in any case, or what it is told to", () => {
    const cells = ["", "NA", "n/a", "NaN", "null", "NULL", "?", "7"];
    const text = `a,b\n${cells.map((cell) => `${cell},1`).join("\n")}\n`;
    expect(table(text).columns[0]?.cells).toEqual([...Array(7).fill(undefined), "7"]);
    expect(table("a,b\n-99,1\n5,2\n", { missing: ["-99"] }).columns[0]?.cells).toEqual([undefined, "5"]);
  });

  it("reads numbers as CSV files write them, and nothing else", () => {
    const number = (cell: string) => kinds(`a,b\n${cell},1\n`)[0] === "number";
    for (const good of ["1", "-1.5", "+2", ".5", "5.", "1e3", "1.5E-07"]) expect(number(good)).toBe(true);
    for (const bad of ["Inf", "-inf", "Infinity", "0x10", "1 000", "1_000", "1e999", "1-2", "--1", "e5", "1.2.3"])
      expect(number(bad)).toBe(false);
  });

  it("reads decimal commas where they can be told from delimiters", () => {
    expect(kinds("a;b\n1,5;x\n2;y\n")).toEqual(["number", "category"]);
    const decimal = table("a;b\n1,5;x\n2;y\n");
    expect(fitTable(decimal, { target: "b" }).features[0]).toMatchObject({ mean: 1.75, deviation: 0.25 });
    expect(kinds("a;b\n1,5;1.5\n", { decimal: "," })).toEqual(["number", "category"]);
    expect(kinds("a;b\n1,5;1.5\n")).toEqual(["category", "number"]);
  });

  it("takes a column for numbers if 9 in 10 cells are, and names the cell that is not by file, line and column", () => {
    const rows = (bad: string[]) =>
      `x,y\n${[..."123456789"]
        .concat(bad)
        .map((cell) => `${cell},1`)
        .join("\n")}\n`;
    expect(() => table(rows(["twelve"]), { name: "t.csv" })).toThrow(DataError);
    expect(() => table(rows(["twelve"]), { name: "t.csv" })).toThrow('t.csv:11:x: "twelve" is not a number');
    expect(() => table(rows(["Inf"]), { name: "t.csv" })).toThrow('t.csv:11:x: "Inf" is not a number');
    expect(kinds(rows(["ten", "eleven"]))[0]).toBe("category");
    expect(kinds(rows(["twelve"]), { columns: { x: "category" } })[0]).toBe("category");
    expect(kinds(rows(["NaN"]))[0]).toBe("number");
  });

  it("holds to the kinds it is told", () => {
    expect(kinds("a,b\n1,2\n", { columns: { a: "category" } })).toEqual(["category", "number"]);
    expect(() => table("a,b\n1,2\nx,3\n", { columns: { a: "number" } })).toThrow('csv:3:a: "x" is not a number');
    expect(() => table("a,b\nyes,2\nmaybe,3\n", { columns: { a: "boolean" } })).toThrow(
      'csv:3:a: "maybe" is not a truth value (true, false, yes, no)',
    );
    expect(() => table("age,b\n1,2\n", { columns: { aeg: "number" } })).toThrow(OptionError);
    expect(() => table("age,b\n1,2\n", { columns: { aeg: "number" } })).toThrow('Did you mean "age"?');
  });
});

describe("fitTable and encodeTable", () => {
  const rows = table(people);
  const encoding = fitTable(rows, { target: "income", task: "regression" });

  it("learn mean and deviation of numbers, shares of truths, and the values of categories", () => {
    expect(encoding).toEqual({
      kind: "table",
      features: [
        { kind: "number", name: "age", mean: 30, deviation: Math.sqrt(200 / 3), missing: true },
        { kind: "category", name: "sex", values: ["f", "m", "x"], missing: false },
        { kind: "boolean", name: "member", mean: 0.5, missing: false },
      ],
      target: { kind: "number", name: "income", mean: 250, deviation: Math.sqrt(12500) },
      ignored: [],
      missing: ["", "na", "n/a", "nan", "null", "?"],
      decimal: ".",
    });
    expect(JSON.parse(JSON.stringify(encoding))).toEqual(encoding);
  });

  it("standardise numbers, put the mean and a mark for missing ones, and spread categories out", () => {
    expect(featureNames(encoding)).toEqual([
      "age",
      "age is missing",
      "sex = f",
      "sex = m",
      "sex = x",
      "sex = other",
      "member",
    ]);
    const data = encodeTable(rows, encoding);
    expect(data.inputShapes).toEqual({ input: [7] });
    const d = Math.fround(10 / Math.sqrt(200 / 3));
    const { inputs, targets } = data.batch([0, 1, 2, 3]);
    expect([...(inputs.input?.data ?? [])]).toEqual(
      [
        [-d, 0, 0, 1, 0, 0, 1],
        [d, 0, 1, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 0],
      ].flat(),
    );
    const incomes = [-150, 50, -50, 150].map((amount) => amount / Math.sqrt(12500));
    expect(targets.target).toEqual({ dtype: "float32", shape: [4, 1], data: new Float32Array(incomes) });
    expect(data.encoding).toEqual(encoding);
  });

  it("decodes predictions to the units of the target", () => {
    const data = encodeTable(rows, encoding);
    const decoded = decodeTarget(encoding, data.batch([0, 1, 2, 3]).targets.target?.data ?? []);
    decoded.forEach((value, i) => {
      expect(value).toBeCloseTo([100, 300, 200, 400][i] as number, 4);
    });
    expect(() => decodeTarget(fitTable(rows, { target: "sex" }), [1])).toThrow("sex: it is one of the classes f, m, x");
  });

  it("encode a new row as the table's", async () => {
    const data = encodeTable(rows, encoding);
    const records = [
      { age: 20, sex: "m", member: true },
      { age: "40", sex: "f", member: "No", income: 5, extra: 1 },
      { age: null, sex: "f", member: "yes" },
      { age: "30.0", sex: "x", member: false },
    ];
    const all = data.batch([0, 1, 2, 3]).inputs.input?.data ?? [];
    for (const [i, record] of records.entries())
      expect([...encodeRow(encoding, record)]).toEqual([...all.slice(7 * i, 7 * i + 7)]);
    for (const nothing of [undefined, "", "NA", Number.NaN])
      expect([...encodeRow(encoding, { age: nothing, sex: "f", member: "yes" })]).toEqual([...all.slice(14, 21)]);
  });

  it("give values never seen the column for others, and missing ones too where none was missing", () => {
    const other = [0, 0, 0, 0, 0, 1, 1];
    expect([...encodeRow(encoding, { age: 30, sex: "unknown", member: true })]).toEqual(other);
    expect([...encodeRow(encoding, { age: 30, sex: null, member: true })]).toEqual(other);
    expect([...encodeRow(encoding, { age: 30, sex: "__proto__", member: true })]).toEqual(other);
    const some = fitTable(table("c,y\na,1\n,2\nb,3\n"), { task: "regression" });
    expect(featureNames(some)).toEqual(["c = a", "c = b", "c = other", "c is missing"]);
    expect([...encodeRow(some, { c: null })]).toEqual([0, 0, 0, 1]);
    expect([...encodeRow(some, { c: "z" })]).toEqual([0, 0, 1, 0]);
  });

  it.each([
    [{ age: 30, sex: "f" }, 'member: "member" is not in the record. If its value is not known, say so with null'],
    [{ age: "old", sex: "f", member: true }, 'age: "old" is not a number'],
    [{ age: Infinity, sex: "f", member: true }, 'age: "Infinity" is not a number'],
    [{ age: 30, sex: "f", member: "perhaps" }, 'member: "perhaps" is not true, false, yes or no'],
  ])("refuse the record %j", (record, says) => {
    expect(() => encodeRow(encoding, record)).toThrow(DataError);
    expect(() => encodeRow(encoding, record)).toThrow(says);
  });

  it("read numbers of new rows with the decimal comma of the table", () => {
    const comma = fitTable(table("x;y\n1,5;a\n2,5;b\n"), { target: "y" });
    expect([...encodeRow(comma, { x: 2.5 })]).toEqual([1]);
    expect([...encodeRow(comma, { x: "1,5" })]).toEqual([-1]);
  });

  it("encode another table by the columns' names, whatever their order", () => {
    const moved = encodeTable(table("income,member,sex,age\n100,yes,m,20\n"), encoding);
    expect(moved.batch([0])).toEqual(encodeTable(rows, encoding).batch([0]));
    expect(() => encodeTable(table("income,member,sexe,age\n1,yes,m,20\n", { name: "new.csv" }), encoding)).toThrow(
      'new.csv: there is no column "sex". Did you mean "sexe"?',
    );
    expect(() => encodeTable(table("income,member,sex,age\n1,yes,m,old\n"), encoding)).toThrow(
      'csv:2:age: "old" is not',
    );
  });

  it("leave out columns that say nothing, and tell why", () => {
    const ids = Array.from(
      { length: 60 },
      (_, i) => `name ${i},same,0.1,,yes,${i % 7},${i % 5},${i % 3 ? "a" : "b"}`,
    ).join("\n");
    const fitted = fitTable(table(`id,text,constant,empty,truth,x,z,y\n${ids}\n`), {
      ignore: ["x"],
      maxCategories: 59,
    });
    expect(fitted.ignored).toEqual([
      { name: "id", reason: "a different text in every training row" },
      { name: "text", reason: '"same" in every training row' },
      { name: "constant", reason: "0.1 in every training row" },
      { name: "empty", reason: "no value in the training rows" },
      { name: "truth", reason: "yes in every training row" },
      { name: "x", reason: "left out by option" },
    ]);
  });

  it("refuse a table of nothing but such columns", () => {
    expect(() => fitTable(table("a,y\n1,2\n1,3\n"))).toThrow(
      'no column is left to predict "y" from: a (1 in every training row)',
    );
    expect(() => fitTable(table("y\n2\n3\n"))).toThrow("there is no other");
  });

  it("keep the most frequent categories, and put the rest with the others", () => {
    const text = `c,y\n${["a", "b", "b", "c", "c", "c", "d"].map((c, i) => `${c},${i}`).join("\n")}\n`;
    const fitted = fitTable(table(text), { maxCategories: 2, task: "regression" });
    expect(fitted.features[0]).toMatchObject({ values: ["b", "c"] });
    expect([...encodeRow(fitted, { c: "a" })]).toEqual([0, 0, 1]);
  });

  it.each([
    ["texts", ["b", "a", "c"], { kind: "class", classes: ["a", "b", "c"] }],
    ["truth values", ["yes", "no", "yes"], { kind: "class", classes: ["no", "yes"] }],
    ["two whole numbers", ["1.0", "0", "1"], { kind: "class", classes: ["0", "1"] }],
    [
      "few whole numbers",
      "3 4 10 3 4 10 3 4 10 3 4 10 3 4 10".split(" "),
      { kind: "class", classes: ["3", "4", "10"] },
    ],
    ["few whole numbers, seldom", ["3", "4", "10", "3"], { kind: "number", mean: 5 }],
    ["two fractions", ["0.5", "1", "0.5"], { kind: "number" }],
    ["many whole numbers", Array.from({ length: 210 }, (_, i) => `${i % 21}`), { kind: "number", mean: 10 }],
  ])("take a target of %s for what it is", (_, targets, expected) => {
    const text = `x,y\n${targets.map((y, i) => `${i},${y}`).join("\n")}\n`;
    expect(fitTable(table(text)).target).toMatchObject(expected);
  });

  it("do as they are told about the task", () => {
    const text = table("x,y\n1,0\n2,1\n3,1.0\n");
    expect(fitTable(text, { task: "regression" }).target.kind).toBe("number");
    const labels = encodeTable(text, fitTable(text));
    expect(labels.batch([0, 1, 2]).targets.target).toEqual({
      dtype: "int32",
      shape: [3],
      data: new Int32Array([0, 1, 1]),
    });
    expect(labels.classes).toEqual(["0", "1"]);
    expect(() => fitTable(table("x,y\n1,a\n2,b\n"), { task: "regression" })).toThrow(OptionError);
  });

  it("refuse a target that is missing or unknown, by line", () => {
    const holes = table("x,y\n1,a\n2,\n3,b\n4,\n", { name: "t.csv" });
    expect(() => fitTable(holes)).toThrow("t.csv:3:y: the target is missing in 2 of 4 rows, first here");
    const fitted = fitTable(selectRows(holes, [0, 2]));
    expect(() => encodeTable(table("x,y\n1,a\n2,z\n", { name: "new.csv" }), fitted)).toThrow(
      'new.csv:3:y: "z" is not one of the 2 classes a, b',
    );
    expect(() => fitTable(holes, { target: "z" })).toThrow('target: there is no column "z". Did you mean "x"?');
    expect(() => fitTable(holes, { ignore: ["z"] })).toThrow(OptionError);
  });
});

const feature = (encoding: TableEncoding, name: string) => encoding.features.find((each) => each.name === name);

describe.skipIf(!has("tabular"))("real tables", () => {
  it("the penguins lack 2 measurements and 11 sexes", () => {
    const penguins = table(textOf("tabular/penguins.csv"), { name: "penguins.csv" });
    expect(penguins.length).toBe(344);
    expect(missing(penguins)).toEqual([0, 0, 2, 2, 2, 2, 11]);
    const encoding = fitTable(penguins, { target: "species" });
    expect(encoding.target).toMatchObject({ kind: "class", classes: ["Adelie", "Chinstrap", "Gentoo"] });
    // As pandas has it.
    expect(feature(encoding, "body_mass_g")).toMatchObject({ kind: "number", missing: true });
    expect((feature(encoding, "body_mass_g") as { mean: number }).mean).toBeCloseTo(4201.754386, 6);
    expect(feature(encoding, "sex")).toMatchObject({ values: ["FEMALE", "MALE"], missing: true });
  });

  it("the Titanic lacks 177 ages, 688 decks and 2 ports", () => {
    const titanic = table(textOf("tabular/titanic.csv"));
    expect(titanic.length).toBe(891);
    const lacking = missing(titanic);
    expect(titanic.columns.flatMap(({ name }, i) => (lacking[i] === 0 ? [] : [[name, lacking[i]]]))).toEqual([
      ["age", 177],
      ["embarked", 2],
      ["deck", 688],
      ["embark_town", 2],
    ]);
    const encoding = fitTable(titanic, { target: "survived", ignore: ["alive"] });
    expect((feature(encoding, "age") as { mean: number }).mean).toBeCloseTo(29.69911765, 8);
    expect((feature(encoding, "fare") as { mean: number }).mean).toBeCloseTo(32.20420797, 8);
    // pandas' 49.69342860 divides by n - 1.
    expect((feature(encoding, "fare") as { deviation: number }).deviation).toBeCloseTo(
      49.6934286 * Math.sqrt(890 / 891),
      6,
    );
    expect(encodeTable(titanic, encoding).labels?.reduce((sum, label) => sum + label, 0)).toBe(342);
  });

  it.each([
    ["tabular/iris.csv", 150, 4, "class"],
    ["tabular/winequality-red.csv", 1599, 11, "class"],
    ["tabular/winequality-white.csv", 4898, 11, "class"],
    ["series/ETTh1.csv", 17_420, 6, "number"],
  ])("%s loads", (file, rows, features, kind) => {
    const whole = table(textOf(file), { name: file });
    const encoding = fitTable(whole);
    expect([whole.length, encoding.features.length, encoding.target.kind]).toEqual([rows, features, kind]);
    expect(encodeTable(whole, encoding).length).toBe(rows);
  });

  it("California's houses lack 207 bedroom counts", () => {
    const houses = table(textOf("tabular/california-housing.csv"));
    expect(missing(houses).reduce((sum, n) => sum + n)).toBe(207);
    const encoding = fitTable(houses, { target: "median_house_value" });
    expect(encoding.target.kind).toBe("number");
    expect((encoding.target as { mean: number }).mean).toBeCloseTo(206855.8169, 3);
    expect(feature(encoding, "ocean_proximity")).toMatchObject({
      values: ["<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN"],
    });
  });

  it.each([
    ["airline-passengers", 144],
    ["daily-min-temperatures", 3650],
    ["monthly-sunspots", 2820],
  ])("the series %s has a date and a number", (file, rows) => {
    const series = table(textOf(`series/${file}.csv`));
    expect(series.length).toBe(rows);
    expect(series.columns.map(({ kind }) => kind)).toEqual(["category", "number"]);
  });
});

const missing = ({ columns }: { columns: readonly { cells: readonly unknown[] }[] }) =>
  columns.map(({ cells }) => cells.filter((cell) => cell === undefined).length);
