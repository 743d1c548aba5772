import { describe, expect, it } from "vitest";
import { type ColourChange, changeColours } from "../../src/data/augmentColour.js";

const none: ColourChange = { brightness: 0, contrast: 1, saturation: 1, hue: 0 };
const plain = { black: 0, unit: 1, low: 0, high: 1 };

/** Colours [red, green, blue] of a picture, changed. */
function change(colours: number[][], by: Partial<ColourChange>, scale = plain): number[][] {
  const count = colours.length;
  const pixels = new Float32Array(3 * count);
  colours.forEach((colour, i) => {
    colour.forEach((level, c) => {
      pixels[c * count + i] = scale.black + scale.unit * level;
    });
  });
  changeColours(pixels, { ...none, ...by }, [scale, scale, scale]);
  return colours.map((_, i) => [0, 1, 2].map((c) => ((pixels[c * count + i] as number) - scale.black) / scale.unit));
}

function expectColours(actual: number[][], expected: number[][]): void {
  expect(actual.map((colour) => colour.map((level) => Number(level.toFixed(5)) + 0))).toEqual(expected);
}

const [red, green, blue, grey] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.4, 0.4, 0.4],
] as const;
const pure = [[...red], [...green], [...blue], [...grey]];
const third = (2 * Math.PI) / 3;

describe("colours", () => {
  it("stay when nothing is asked for", () => {
    expectColours(change(pure, {}), pure);
  });

  it("turn from red over green to blue, grey staying", () => {
    expectColours(change(pure, { hue: third }), [[...green], [...blue], [...red], [...grey]]);
    expectColours(change(pure, { hue: -third }), [[...blue], [...red], [...green], [...grey]]);
    // Half way from red to green: both at 2/3, blue at -1/3, which is held at black.
    expectColours(change([[...red]], { hue: third / 2 }), [[0.66667, 0.66667, 0]]);
  });

  it("lose their colour at saturation 0: the grey that the eye sees", () => {
    expectColours(change(pure, { saturation: 0 }), [
      [0.299, 0.299, 0.299],
      [0.587, 0.587, 0.587],
      [0.114, 0.114, 0.114],
      [...grey],
    ]);
    // Half of the way to 0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.2 = 0.4968.
    expectColours(change([[0.8, 0.4, 0.2]], { saturation: 0.5 }), [[0.6484, 0.4484, 0.3484]]);
  });

  // Greys 0.2 and 0.6: the mean is 0.4.
  it("come nearer to the picture's mean grey with less contrast, and go away from it with more", () => {
    const two = [
      [0.2, 0.2, 0.2],
      [0.6, 0.6, 0.6],
    ];
    expectColours(change(two, { contrast: 0 }), [[...grey], [...grey]]);
    expectColours(change(two, { contrast: 1.5 }), [
      [0.1, 0.1, 0.1],
      [0.7, 0.7, 0.7],
    ]);
  });

  it("change by all of it at once as one after the other, brightness first", () => {
    const muted = [
      [0.5, 0.4, 0.3],
      [0.3, 0.35, 0.5],
    ];
    const all = { brightness: 0.05, contrast: 0.8, saturation: 0.7, hue: 0.3 };
    let steps = change(muted, { brightness: all.brightness });
    steps = change(steps, { contrast: all.contrast });
    steps = change(steps, { hue: all.hue });
    // Saturation goes to the grey that was there before the hue was turned, so it is the one of before.
    const once = change(muted, { ...all, saturation: 1 });
    expectColours(
      once,
      steps.map((colour) => colour.map((level) => Number(level.toFixed(5)))),
    );
    const scaled = { black: -2, unit: 4, low: -2, high: 2 };
    const [a, b] = [change(muted, all), change(muted, all, scaled)];
    expectColours(
      b,
      a.map((colour) => colour.map((level) => Number(level.toFixed(5)))),
    );
  });

  it("of one channel have brightness and contrast", () => {
    const pixels = Float32Array.from([0.2, 0.6]);
    changeColours(pixels, { ...none, brightness: 0.1, contrast: 0.5 }, [plain]);
    expect([...pixels].map((x) => x.toFixed(5))).toEqual(["0.40000", "0.60000"]);
  });

  it("of bytes are rounded, and held at black and white", () => {
    const bytes = { black: 0, unit: 255, low: 0, high: 255 };
    const pixels = new Uint8ClampedArray([10, 100, 250]);
    changeColours(pixels, { ...none, brightness: 0.1 }, [bytes]);
    expect([...pixels]).toEqual([36, 126, 255]);
  });
});
