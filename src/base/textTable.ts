/** How a column of a text table is set. */
export type Align = "left" | "right";

/**
 * Rows of text set in columns two spaces apart, without trailing blanks: a header, a rule, the rows.
 * @param align one per column; defaults to left
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
): string {
  const widths = header.map((title, i) =>
    Math.max(...[header, ...rows].map((row) => lengthOf(row[i] ?? "")), title.length),
  );
  const line = (row: readonly string[]): string =>
    widths
      .map((width, i) => {
        const cell = row[i] ?? "";
        const blank = " ".repeat(width - lengthOf(cell));
        return align[i] === "right" ? blank + cell : cell + blank;
      })
      .join("  ")
      .trimEnd();
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)));
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** Characters, not UTF-16 units. */
const lengthOf = (text: string): number => [...text].length;
