import { describe, expect, it } from "vitest";
import { tensor } from "../../src/index.js";
import {
  bestDiscriminator,
  discriminatorSurface,
  gameChart,
  generatorArrows,
  generatorManifold,
} from "../../src/look/index.js";
import { linearGame } from "./games.js";

const count = (chart: string, pattern: RegExp) => [...chart.matchAll(pattern)].length;

describe("the chart of a game", () => {
  it("colours the surface: purple for real, orange for made, near-white at 1/2", () => {
    const surface = { x: Float64Array.of(0, 1, 2), y: Float64Array.of(0), probability: tensor([0, 0.5, 1], [1, 3]) };
    const chart = gameChart({ surface });
    const cells = [
      ...(chart.split("</svg>")[0]?.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"[^>]* fill="(#\w+)"/g) ?? []),
    ];
    expect(cells.map(([, x, , fill]) => [Number(x), fill])).toEqual([
      [0, "#7f3b08"],
      // The plot is 640 - 64 - 84 = 492 pixels wide, a cell 164.
      [164, "#f7f7f7"],
      [328, "#2d004b"],
    ]);
    // Cells touch: each begins where the one before ends.
    const thirds = {
      x: Float64Array.from({ length: 7 }, (_, i) => i),
      y: Float64Array.of(0),
      probability: tensor(new Float32Array(7), [1, 7]),
    };
    const wide = [...gameChart({ surface: thirds }).matchAll(/<rect x="([\d.]+)" y="0" width="([\d.]+)"/g)];
    const spans = wide.slice(0, 7).map(([, x, width]) => [Number(x), Number(x) + Number(width)] as const);
    for (const [i, [x]] of spans.entries()) if (i > 0) expect(x).toBeCloseTo(spans[i - 1]?.[1] as number, 9);
    for (const mark of ["0", "0.25", "0.5", "0.75", "1", "D(x)"]) expect(chart).toContain(`>${mark}</text>`);
    expect(chart.startsWith("<svg xmlns=")).toBe(true);
  });

  it("has y upwards: the first row of the surface is the lowest", () => {
    const surface = { x: Float64Array.of(0), y: Float64Array.of(0, 1), probability: tensor([0, 1], [2, 1]) };
    const found = [...gameChart({ surface }).matchAll(/<rect x="0" y="([\d.]+)"[^>]* fill="(#\w+)"/g)];
    const [low, high] = found.map(([, y]) => Number(y));
    expect(found.map(([, , fill]) => fill)).toEqual(["#7f3b08", "#2d004b"]);
    // The plot is 600 - 20 - 44 pixels high.
    expect([low, high]).toEqual([268, 0]);
    expect(count(gameChart({ surface }), /width="492" height="268" fill/g)).toBe(2);
  });

  it("draws everything where it is, and says how much of it there is", async () => {
    const game = linearGame({ latent: { size: 2, noise: "uniform" }, w: [1, 0] });
    const { value: surface } = await discriminatorSurface(game, { low: -2, high: 2, grid: 10 });
    const { value: manifold } = await generatorManifold(game, { cells: 4 });
    const { value: arrows } = await generatorArrows(game, { count: 7 });
    const real = tensor([0, 0, 1, 1, 3, 0], [3, 2]);
    const chart = gameChart({ surface, manifold, real, fake: arrows.examples, arrows }, { title: "a < b" });
    expect(count(chart, /<rect /g)).toBe(1 + 100 + 50 + 1);
    expect(count(chart, /fill-opacity="0.45"/g)).toBe(16);
    // One more of each in the legend.
    expect(count(chart, /<circle /g)).toBe(4);
    expect(count(chart, /l4 4l-4 4l-4 -4Z/g)).toBe(8);
    expect(chart).toContain(">real: 3 (1 outside)<");
    expect(chart).toContain(">made: 7<");
    expect(chart).toContain(">16 cells of noise, areas 0.25 to 0.25<");
    expect(chart).toMatch(/>pull on made ones, longest 0\.\d+</);
    expect(chart).toContain("a &lt; b");
    // The middle of the plot is (0, 0): 492 / 2 across.
    expect(chart).toMatch(/<circle cx="246" /);
    expect(chart).not.toContain("NaN");
  });

  it("points arrows where the score rises: to the right for w = (1, 0), the longest an eighth of the width", async () => {
    const game = linearGame({ w: [1, 0] });
    const { value: surface } = await discriminatorSurface(game, { low: -2, high: 2, grid: 2 });
    const { value: arrows } = await generatorArrows(game, { latents: tensor([0, 0], [1, 2]) });
    const chart = gameChart({ surface, arrows });
    const [, x0, y0, x1, y1] = (chart.match(/<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)M/) ?? []).map(Number);
    expect(y1).toBe(y0);
    expect((x1 as number) - (x0 as number)).toBeCloseTo(0.12 * 492, 0);
  });

  it("draws the best discriminator as well, and refuses what are no points", () => {
    const density = (x: number) => (x > 0 ? 1 : 0);
    const { value: surface } = bestDiscriminator(density, (x) => 1 - density(x), { low: -1, high: 1, grid: 2 });
    expect(gameChart({ surface })).toContain("#2d004b");
    expect(() => gameChart({ surface, real: tensor([1, 2, 3], [1, 3]) })).toThrow(
      "expected points [count, 2], got [1, 3]",
    );
    expect(() => gameChart({ surface, made: 1 } as never)).toThrow('unknown option "made"');
  });
});
