import { describe, expect, it } from "vitest";
import { conv1d, conv2d, dense, relu, sequential } from "../../src/index.js";
import { positiveScale, signedScale } from "../../src/look/colour.js";
import { featureMaps } from "../../src/look/featureMaps.js";
import type { Picture } from "../../src/look/picture.js";
import { readBack } from "../../src/look/readBack.js";
import { renderFeatureMaps } from "../../src/look/renderFeatureMaps.js";
import { trace } from "../../src/look/trace.js";
import { noise, pictureNet, plant } from "./networks.js";

const pixel = ({ data, width }: Picture, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

describe("planted maps", () => {
  // Four units on a picture: x itself, -x, always 0, always 0.5.
  const planted = () =>
    plant(sequential({ input: [1, 2, 2] }, conv2d(4, 1), relu()), {
      "conv2d_1.weight": [1, -1, 0, 0],
      "conv2d_1.bias": [0, 0, 0, 0.5],
    });
  const picture = [1, -2, 0, 0.5];

  it("pins zero: of both signs near-white, from zero up dark blue", async () => {
    const traced = await trace(planted(), [picture]);
    const before = featureMaps(traced, "conv2d_1").value;
    expect(before).toMatchObject({ kind: "signed", most: 2, shape: [4, 2, 2] });
    const scale = signedScale(2);
    expect(before.maps.map((m) => [0, 1, 2, 3].map((i) => pixel(m.picture, i % 2, i >> 1)))).toEqual(
      [picture, picture.map((x) => 0 - x), [0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]].map((map) =>
        map.map((x) => [...scale.colour(x)]),
      ),
    );
    const after = featureMaps(traced, "relu_1").value;
    expect(after).toMatchObject({ kind: "positive", most: 2 });
    expect(pixel(after.maps[1]?.picture as Picture, 1, 0)).toEqual([...positiveScale(2).colour(2)]);
    expect(pixel(after.maps[1]?.picture as Picture, 0, 0)).toEqual([...positiveScale(2).colour(0)]);
  });

  it("draws a unit that never answers in the one colour of zero, and says that it is silent", async () => {
    const traced = await trace(planted(), [picture]);
    for (const scope of ["unit", "layer", "net"] as const) {
      const { maps } = featureMaps(traced, "relu_1", { scope }).value;
      expect(maps.map(({ silent }) => silent)).toEqual([false, false, true, false]);
      const dead = maps[2]?.picture as Picture;
      expect([...new Set(dead.data)].sort()).toEqual([...new Set(positiveScale(1).colour(0))].sort());
    }
  });

  it("draws a constant map as its value instead of stretching it", async () => {
    const traced = await trace(planted(), [picture]);
    const flat = featureMaps(traced, "relu_1").value.maps[3];
    expect(flat).toMatchObject({ low: 0.5, high: 0.5, silent: false });
    for (let i = 0; i < 4; i++)
      expect(pixel(flat?.picture as Picture, i % 2, i >> 1)).toEqual([...positiveScale(2).colour(0.5)]);
  });

  it("takes the strongest colour from the unit, the layer or all layers", async () => {
    const traced = await trace(planted(), [picture]);
    const first = (scope: "unit" | "layer" | "net") =>
      pixel(featureMaps(traced, "relu_1", { scope }).value.maps[0]?.picture as Picture, 0, 0);
    expect(first("unit")).toEqual([...positiveScale(1).colour(1)]);
    expect(first("layer")).toEqual([...positiveScale(2).colour(1)]);
    const only = await trace(planted(), [[1, 0, 0, 0]], { layers: ["relu_1", "conv2d_1"] });
    expect(featureMaps(only, "relu_1", { scope: "net" }).value.most).toBe(1);
    const loud = plant(sequential({ input: [1] }, dense(1), relu(), dense(1)), {
      "dense_1.weight": [1],
      "dense_2.weight": [-8],
    });
    expect(featureMaps(await trace(loud, [[1]]), "relu_1", { scope: "net" }).value.most).toBe(8);
  });

  it("shows the example and the units asked for", async () => {
    const traced = await trace(planted(), [picture, [3, 0, 0, 0]]);
    const { maps } = featureMaps(traced, "relu_1", { example: 1, units: [3, 0] }).value;
    expect(maps.map(({ unit, high }) => [unit, high])).toEqual([
      [3, 0.5],
      [0, 3],
    ]);
  });
});

// One step of grey is 1/255 of the extent.
it.each([1, 3, 7])("keeps every number to within 1/255 in its pixel, with %i channels", async (channels) => {
  const net = pictureNet(channels);
  const traced = await trace(net, noise([3, channels, 12, 12]));
  for (const layer of traced.value.keys())
    for (const scope of ["unit", "layer"] as const) {
      const { check } = featureMaps(traced, layer, { example: 2, scope });
      expect(check, `${layer}, ${scope}`).toBeLessThan(1 / 255);
      expect(check, `${layer}, ${scope}`).toBeGreaterThan(0);
    }
});

it("finds out when a picture is not of its numbers", () => {
  const scale = signedScale(1);
  const data = Uint8Array.from([-1, 0.3].flatMap((x) => [...scale.colour(x)]));
  expect(readBack({ width: 2, height: 1, data }, [-1, 0.3], scale)).toBeLessThan(1 / 255);
  expect(readBack({ width: 2, height: 1, data }, [-1, 0.5], scale)).toBeCloseTo(0.2, 2);
});

it("draws sequences as rows and features as cells", async () => {
  const sound = sequential({ input: [2, 30] }, conv1d(5, 3), relu());
  const heard = featureMaps(await trace(sound, noise([1, 2, 30])), "conv1d_1").value;
  expect(heard.shape).toEqual([5, 28]);
  expect([heard.sheet.width, heard.sheet.height]).toEqual([28, 5]);
  const features = featureMaps(await trace(sequential({ input: [3] }, dense(10)), noise([1, 3])), "dense_1").value;
  expect(features.maps.map(({ picture }) => picture.width * picture.height)).toEqual(new Array(10).fill(1));
  expect([features.sheet.width, features.sheet.height]).toEqual([4, 3]);
});

it("enlarges the sheet, not the maps", async () => {
  const traced = await trace(pictureNet(1), noise([1, 1, 12, 12]));
  const { maps, sheet } = featureMaps(traced, "conv2d_1", { zoom: 3 }).value;
  // Six maps of 10 x 10 in two rows of three, two pixels apart.
  expect([sheet.width, sheet.height]).toEqual([3 * 30 + 2 * 2, 2 * 30 + 2]);
  expect(maps[0]?.picture.width).toBe(10);
  expect(pixel(sheet, 29, 29)).toEqual(pixel(maps[0]?.picture as Picture, 9, 9));
});

it("marks what is not a number in a colour of its own, and does not let it set the scale", async () => {
  const net = plant(sequential({ input: [2] }, dense(2)), { "dense_1.weight": [Number.NaN, 0, 1, 0] });
  const { maps, most } = featureMaps(await trace(net, [[4, 4]]), "dense_1").value;
  expect(most).toBe(4);
  expect(pixel(maps[0]?.picture as Picture, 0, 0)).toEqual([220, 20, 20]);
});

it("refuses what is not there", async () => {
  const traced = await trace(pictureNet(1), noise([2, 1, 12, 12]));
  expect(() => featureMaps(traced, "conv2d_1", { example: 2 })).toThrow("example must be a whole number from 0 to 1");
  expect(() => featureMaps(traced, "conv2d_1", { units: [6] })).toThrow("unit must be a whole number from 0 to 5");
  expect(() => featureMaps(traced, "conv2d_1", { scope: "all" as never })).toThrow(
    'scope must be "unit", "layer" or "net"',
  );
  expect(() => featureMaps(traced, "conv_1")).toThrow("there is no hidden layer");
});

it("prints what the maps are and which units are silent", async () => {
  const net = plant(sequential({ input: [1, 2, 2] }, conv2d(3, 1), relu()), { "conv2d_1.weight": [1, -1, 0] });
  const traced = await trace(net, [[1, -2, 0, 0.5]]);
  const lines = renderFeatureMaps(featureMaps(traced, "relu_1").value, { colours: "none" }).split("\n");
  expect(lines[0]).toBe("relu_1: 3 maps of 2 x 2, 0 to 2.00; silent: 2");
  // Two rows of tiles of 2 pixels with a gap of 1: 5 pixels, two a line.
  expect(lines.length).toBe(1 + 3);
  expect(renderFeatureMaps(featureMaps(traced, "conv2d_1").value)).toContain(
    "conv2d_1: 3 maps of 2 x 2, -2.00 to 2.00, white is 0; silent: 2\n\x1b[",
  );
});
