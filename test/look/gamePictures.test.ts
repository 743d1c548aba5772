import { describe, expect, it } from "vitest";
import { dense, gan, reshape, sequential, tensor } from "../../src/index.js";
import {
  dissectGenerator,
  dissectionPicture,
  latentWalk,
  type Picture,
  walkPicture,
  whyFake,
  whyFakePicture,
} from "../../src/look/index.js";
import { plant } from "./networks.js";

const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const grey = (level: number) => [level, level, level];

/** Two numbers of noise are two pixels; the discriminator counts the first for real, the second for made. */
const pixels = () =>
  gan({
    generator: plant(sequential({ input: [2] }, dense(2), reshape([1, 1, 2])), {
      "dense_1.weight": [1, 0, 0, 1],
      "dense_1.bias": [0, 0],
    }),
    discriminator: plant(sequential({ input: [1, 1, 2] }, reshape([2]), dense(1)), {
      "dense_1.weight": [2, -1],
      "dense_1.bias": [0],
    }),
  });

describe("pictures of a game", () => {
  it("show a walk as a strip", async () => {
    const { value } = await latentWalk(pixels(), { from: tensor([1, -1]), to: tensor([-1, 1]), steps: 2 });
    const strip = walkPicture(value);
    expect([strip.width, strip.height]).toEqual([8, 1]);
    expect([0, 1, 3, 4, 6, 7].map((x) => pixel(strip, x, 0)[0])).toEqual([255, 0, 128, 128, 0, 255]);
    expect(walkPicture(value, { columns: 2, enlarge: 3 }).width).toBe(14);
  });

  it("show what is gone without the strongest units", async () => {
    const latents = tensor([1, 0.5, 1, 0.5], [2, 2]);
    const { value } = await dissectGenerator(pixels(), { layer: "dense_1", latents, replace: "zero" });
    const sheet = await dissectionPicture(value);
    // Columns of 2 pixels: as made, without, the change. The first row is unit 0, whose change is 1, the second unit 1.
    expect([sheet.width, sheet.height]).toEqual([8, 3]);
    expect([0, 1, 3, 4].map((x) => pixel(sheet, x, 0))).toEqual([255, 191, 128, 191].map(grey));
    expect([6, 7].map((x) => pixel(sheet, x, 0))).toEqual([
      [254, 232, 56],
      [0, 34, 78],
    ]);
    expect([3, 4].map((x) => pixel(sheet, x, 2))).toEqual([255, 128].map(grey));
    expect(pixel(sheet, 6, 2)).toEqual([0, 34, 78]);
    const one = await dissectionPicture(value, { units: 1, example: 1, enlarge: 4 });
    expect([one.width, one.height]).toEqual([28, 4]);
    await expect(dissectionPicture(value, { example: 2 })).rejects.toThrow(
      "example must be a whole number from 0 to 1",
    );
  });

  it("show what speaks for real and what for made", async () => {
    const examples = tensor([1, 1, 0, -1], [2, 1, 1, 2]);
    const { value } = await whyFake(pixels(), examples);
    // Attributions 2, -1 and 0, 1.
    const sheet = whyFakePicture(examples, value);
    expect([sheet.width, sheet.height]).toEqual([5, 3]);
    expect([0, 1, 3, 4].map((x) => pixel(sheet, x, 0))).toEqual([255, 255, 128, 0].map(grey));
    const [strong, against, none, half] = [0, 1, 3, 4].map((x) => pixel(sheet, x, 2));
    expect(strong).toEqual([45, 0, 75]);
    expect(none).toEqual(grey(247));
    expect((against?.[0] ?? 0) > (against?.[2] ?? 0)).toBe(true);
    expect((half?.[2] ?? 0) > (half?.[1] ?? 0)).toBe(true);
    expect(() => whyFakePicture(tensor([1, 1], [1, 1, 1, 2]), value)).toThrow(
      "[1, 1, 1, 2] are not those of [2, 1, 1, 2]",
    );
  });
});
