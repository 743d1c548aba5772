import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, FormatError, OptionError } from "../../src/base/errors.js";
import { csv } from "../../src/data/index.js";

describe("csv", () => {
  it("reads names, cells and the line of each row", () => {
    expect(csv("a,b\n1, x \n\n3,y\n", { name: "t.csv" })).toEqual({
      name: "t.csv",
      delimiter: ",",
      columns: ["a", "b"],
      rows: [
        ["1", "x"],
        ["3", "y"],
      ],
      lines: [2, 4],
    });
  });

  it("reads quoted cells: delimiters, quotes and line ends within them", () => {
    const { columns, rows, lines } = csv('"name","a ""b"""\n"Smith, J","x\ny"\n"Z",""\n');
    expect(columns).toEqual(["name", 'a "b"']);
    expect(rows).toEqual([
      ["Smith, J", "x\ny"],
      ["Z", ""],
    ]);
    expect(lines).toEqual([3, 4]);
  });

  it.each([
    ["line feeds", "a,b\n1,2\n3,4"],
    ["carriage returns and line feeds", "a,b\r\n1,2\r\n3,4\r\n"],
    ["carriage returns", "a,b\r1,2\r3,4\r"],
    ["a byte order mark", "\uFEFFa,b\n1,2\n3,4\n"],
    ["semicolons", "a;b\n1;2\n3;4\n"],
    ["tabs", "a\tb\n1\t2\n3\t4\n"],
    ["blank lines and blanks", "\n a , b\n\n 1,2 \n3 ,4\n\n\n"],
  ])("reads files with %s", (_, text) => {
    const { columns, rows } = csv(text);
    expect(columns).toEqual(["a", "b"]);
    expect(rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  it.each([
    ["decimal commas between semicolons", "1,5;2,5\n3,5;4,5\n", ";"],
    ["commas in texts between semicolons", "a;b\nx, y;1\nz;2\n", ";"],
    ["semicolons in quotes between commas", 'a,b\n"x;y;z",1\n"u;v;w",2\n', ","],
    ["one column", "a\n1\n2\n", ","],
    ["uneven rows", "a,b,c\n1,2\n3;4,5\n", ","],
  ])("finds the delimiter in spite of %s", (_, text, delimiter) => {
    let found: string | undefined;
    try {
      found = csv(text).delimiter;
    } catch (error) {
      // Uneven rows are refused, but by the right delimiter.
      found = String(error).includes("expected 3 columns, got 2") ? "," : undefined;
    }
    expect(found).toBe(delimiter);
  });

  it("takes any delimiter that it is given", () => {
    expect(csv("a|b\n1|2\n", { delimiter: "|" }).rows).toEqual([["1", "2"]]);
  });

  it.each([
    ["names above numbers", "a,b\n1,2\n", true],
    ["numbers only", "1,2\n3,4\n", false],
    ["numbers with a decimal comma", "1,5;2,5\n3,5;4,5\n", false],
    ["a number among texts", "a,1\nb,2\n", false],
    ["names above texts", "name,town\nAnn,Rome\nBob,Oslo\n", true],
    ["a name that occurs again as a value", "c,n\na,1\nc,2\n", true],
    ["texts that occur again in their column", "red,Rome\nblue,Oslo\nred,Rome\n", false],
    ["an unnamed first column", ",a\n0,x\n1,y\n", true],
  ])("tells whether the first line is a header: %s", (_, text, header) => {
    expect(csv(text).rows.length).toBe(text.split("\n").length - (header ? 2 : 1));
  });

  it("names columns that have no name", () => {
    expect(csv(",a,\n0,x,5\n").columns).toEqual(["column_1", "a", "column_3"]);
    expect(csv("1,2\n").columns).toEqual(["column_1", "column_2"]);
    expect(csv("1,2\n3,4\n", { header: true }).columns).toEqual(["1", "2"]);
    expect(csv("a,b\nc,d\n", { header: false }).rows).toHaveLength(2);
  });

  it.each([
    ["a row too short", "a,b,c\n1,2,3\n\n4,5\n", DataError, "t.csv:4: expected 3 columns, got 2"],
    ["a row too long", "a,b\n1,2\n3,4,5\n", DataError, "t.csv:3: expected 2 columns, got 3"],
    ["no rows", "a,b\n", DataError, "t.csv: there are no rows of data"],
    ["no text", "", DataError, "t.csv: there are no rows of data"],
    ["two columns of one name", "a,b,a\n1,2,3\n", DataError, 't.csv: two columns are called "a"'],
    ["a quote left open", 'a,b\n1,"2\n3,4\n', FormatError, "t.csv: Quote Not Closed"],
    ["a quote within a cell", 'a,b\n1,2"x\n', FormatError, "at line 2"],
  ] as const)("refuses %s", (_, text, kind, says) => {
    expect(() => csv(text, { name: "t.csv" })).toThrow(kind);
    expect(() => csv(text, { name: "t.csv" })).toThrow(says);
  });

  it("refuses options it does not know", () => {
    expect(() => csv("a\n1\n", { sep: ";" } as never)).toThrow(OptionError);
  });

  it("reads back whatever is written by the rules of RFC 4180", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "é", "1", ",", ";", '"', "\n", " ", "\t"), maxLength: 6 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const grid = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(grid, fc.constantFrom(",", ";", "\t"), (rows, delimiter) => {
        const text = rows.map((row) => row.map(quoted).join(delimiter)).join("\n");
        expect(csv(text, { delimiter, header: false }).rows).toEqual(rows);
      }),
    );
  });

  it("reads any text as a table or refuses it by name, never otherwise", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "1", ",", ";", '"', "\n", "\r", "\uFEFF", "\0") }), (text) => {
        try {
          const { rows, columns } = csv(text);
          for (const row of rows) expect(row).toHaveLength(columns.length);
        } catch (error) {
          expect(error instanceof DataError || error instanceof FormatError).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
