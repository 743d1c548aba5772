import { describe, expect, it } from "vitest";
import type { Picture } from "../../src/look/picture.js";
import { renderPicture } from "../../src/look/terminal.js";

/** Rows of colours as a picture. */
const picture = (rows: readonly (readonly (readonly number[])[])[]): Picture => ({
  width: rows[0]?.length ?? 0,
  height: rows.length,
  data: Uint8Array.from(rows.flat(2)),
});

const [black, white, red] = [
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
];
const esc = (codes: string) => `\x1b[${codes}m`;

/** What a terminal would show: the colours of the upper and the lower pixel of each character. */
function shown(text: string): string[][] {
  return text.split("\n").map((line) => {
    let [upper, lower] = ["", ""];
    const cells: string[] = [];
    for (const piece of line.split("\x1b[").slice(1)) {
      const [codes, chars] = piece.split("m") as [string, string];
      if (codes.startsWith("38;2;")) upper = codes.slice(5);
      if (codes.startsWith("48;2;")) lower = codes.slice(5);
      if (codes === "49") lower = "ground";
      for (const _ of chars) cells.push(`${upper}/${lower}`);
    }
    return cells;
  });
}

describe("renderPicture", () => {
  it("draws two pixels a character: the upper one as the half block, the lower one as its ground", () => {
    const text = renderPicture(picture([[red as number[]], [white as number[]]]));
    expect(text).toBe(`${esc("38;2;255;0;0")}${esc("48;2;255;255;255")}▀${esc("0")}`);
  });

  it("leaves the ground of the terminal below a last row without a partner", () => {
    const rows = [
      [red, black],
      [white, white],
      [black, red],
    ] as number[][][];
    expect(shown(renderPicture(picture(rows)))).toEqual([
      ["255;0;0/255;255;255", "0;0;0/255;255;255"],
      ["0;0;0/ground", "255;0;0/ground"],
    ]);
  });

  it("shows every pixel of a picture that fits, repeating no colour code for equal neighbours", () => {
    const colourAt = (x: number, y: number) => [x < 5 ? 10 : 20, 40 * y, 7];
    const rows = Array.from({ length: 6 }, (_, y) => Array.from({ length: 9 }, (_, x) => colourAt(x, y)));
    const text = renderPicture(picture(rows), { columns: 9 });
    const cells = shown(text);
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 9; x++) expect(cells[y >> 1]?.[x]?.split("/")[y & 1]).toBe(colourAt(x, y).join(";"));
    expect(text.split("\x1b[38").length - 1).toBe(2 * 3);
  });

  it("reduces a wide picture by the mean of whole blocks", () => {
    const rows = [
      [black, white, red, red],
      [black, white, red, red],
      [[9, 9, 9], [9, 9, 9], black, [0, 0, 100]],
      [[9, 9, 9], [9, 9, 9], black, [0, 0, 100]],
    ] as number[][][];
    expect(shown(renderPicture(picture(rows), { columns: 2 }))).toEqual([["128;128;128/9;9;9", "255;0;0/0;0;50"]]);
  });

  it("falls back to the cube of 256 colours: black 16, white 231, pure red 196", () => {
    const rows = [
      [black, red],
      [white, [0, 0, 255]],
    ] as number[][][];
    expect(renderPicture(picture(rows), { colours: "256" })).toBe(
      `${esc("38;5;16")}${esc("48;5;231")}▀${esc("38;5;196")}${esc("48;5;21")}▀${esc("0")}`,
    );
  });

  it("falls back to shades of plain letters, darker to lighter, without any code", () => {
    const greys = [0, 64, 128, 192, 255].map((g) => [g, g, g]);
    const text = renderPicture(picture([greys, greys]), { colours: "none" });
    expect(text).toBe(" :+#@");
  });

  it("has as many lines as half the rows and as many characters as columns", () => {
    const rows = Array.from({ length: 7 }, () => Array.from({ length: 5 }, () => white as number[]));
    const lines = renderPicture(picture(rows), { colours: "none" }).split("\n");
    expect(lines).toEqual(["@@@@@", "@@@@@", "@@@@@", "@@@@@"]);
  });
});
