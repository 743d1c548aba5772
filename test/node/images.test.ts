import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, FormatError, OptionError } from "../../src/base/errors.js";
import { imageEncoding } from "../../src/data/images.js";
import { readImage } from "../../src/node/images.js";
import { limiter } from "../../src/node/imagesLimit.js";

const datasets = process.env.MIDST_DATA ?? fileURLToPath(new URL("../../../shared/datasets", import.meta.url));
const roses = join(datasets, "plants/train/rose");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-images-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A picture of these bytes [height, width, channels], as sharp sees it. */
const picture = (width: number, height: number, data: readonly number[]) => {
  const channels = (data.length / width / height) as 1 | 2 | 3 | 4;
  const image = sharp(Uint8Array.from(data), { raw: { width, height, channels } });
  return image.toColourspace(channels < 3 ? "b-w" : "srgb");
};
const png = (width: number, height: number, data: readonly number[]) => picture(width, height, data).png().toBuffer();

const red = [255, 0, 0];
const green = [0, 255, 0];
const blue = [0, 0, 255];
const white = [255, 255, 255];
const black = [0, 0, 0];

describe("readImage", () => {
  it("gives the bytes of a lossless picture as they are, in both orders of axes", async () => {
    const data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    const bytes = await png(3, 2, data);
    const hwc = await readImage(bytes, { shape: [3, 2, 3], layout: "hwc" });
    expect(hwc).toEqual({ dtype: "uint8", shape: [2, 3, 3], data: Uint8Array.from(data) });
    const chw = await readImage(bytes, { shape: [3, 2, 3] });
    expect(chw.shape).toEqual([3, 2, 3]);
    expect([...chw.data]).toEqual([1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17, 3, 6, 9, 12, 15, 18]);
  });

  it("encodes for the network: (pixel / 255 - mean) / deviation, channel by channel", async () => {
    const path = join(folder, "two.png");
    await writeFile(path, await png(2, 1, [0, 51, 255, 255, 102, 0]));
    const encoding = imageEncoding({ shape: [3, 1, 2], mean: [0.5, 0.2, 0], deviation: [0.5, 0.1, 2] });
    const { dtype, shape, data } = await readImage(path, encoding);
    expect([dtype, shape]).toEqual(["float32", [3, 1, 2]]);
    const expected = [-1, 1, 0, 2, 0.5, 0];
    for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 6);
  });

  it("follows the fit of an encoding, which is what the data set's pictures went through", async () => {
    const bytes = await png(3, 1, [...red, ...green, ...blue]);
    const encoding = imageEncoding({ shape: [3, 1, 1] });
    expect([...(await readImage(bytes, encoding)).data]).toEqual([0, 1, 0]);
    const stretched = await readImage(bytes, { ...encoding, fit: "fill" });
    expect(stretched.data[0]).toBeGreaterThan(0.1);
  });

  it("covers, contains and stretches", async () => {
    const wide = await png(4, 2, [...red, ...green, ...green, ...blue, ...red, ...green, ...green, ...blue]);
    const read = async (fit: "cover" | "contain" | "fill", shape: [number, number, number]) => [
      ...(await readImage(wide, { shape, fit, layout: "hwc" })).data,
    ];
    expect(await read("cover", [3, 2, 2])).toEqual([...green, ...green, ...green, ...green]);
    const rows = [...red, ...green, ...green, ...blue];
    const bar = [...black, ...black, ...black, ...black];
    expect(await read("contain", [3, 4, 4])).toEqual([...bar, ...rows, ...rows, ...bar]);
    expect(await read("fill", [3, 1, 4])).toEqual(rows);
  });

  it("shows what is transparent on white, with bars that stay black", async () => {
    const half = await png(2, 1, [200, 50, 10, 0, 200, 50, 10, 255]);
    const { data } = await readImage(half, { shape: [3, 2, 2], fit: "contain", layout: "hwc" });
    const rows = [data.slice(0, 6), data.slice(6)].map((row) => [...row]);
    expect(rows).toContainEqual([...white, 200, 50, 10]);
    expect(rows).toContainEqual([...black, ...black]);
    const glass = await readImage(await png(1, 1, [200, 50, 10, 128]), { shape: [3, 1, 1] });
    // 128/255 of the colour and the rest white.
    expect([...glass.data]).toEqual([227, 152, 132]);
    expect([...(await readImage(await png(1, 1, [90, 0]), { shape: [3, 1, 1] })).data]).toEqual(white);
  });

  it("makes grey as PIL does, and keeps grey as it is", async () => {
    const grey = async (colour: readonly number[]) =>
      (await readImage(await png(1, 1, colour), { shape: [1, 1, 1] })).data[0];
    // PIL.Image.new("RGB", (1, 1), colour).convert("L"): L = (19595 R + 38470 G + 7471 B + 32768) >> 16.
    expect([await grey(red), await grey(green), await grey(blue)]).toEqual([76, 150, 29]);
    expect(await grey([200, 50, 10])).toBe(90);
    const ramp = Array.from({ length: 256 }, (_, i) => i);
    const one = await readImage(await png(256, 1, ramp), { shape: [1, 1, 256] });
    expect([...one.data]).toEqual(ramp);
    const three = await readImage(await png(256, 1, ramp), { shape: [3, 1, 256] });
    expect([...three.data]).toEqual([...ramp, ...ramp, ...ramp]);
  });

  it("turns a picture upright by its EXIF orientation", async () => {
    // Orientation 6: what is left in the file is the top of the picture.
    const file = picture(2, 1, [...red, ...blue]).resize(32, 16, { kernel: "nearest" });
    const jpeg = await file.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    const { data } = await readImage(jpeg, { shape: [3, 32, 16], fit: "fill", layout: "hwc" });
    const [topRight, bottomLeft] = [data.subarray(15 * 3, 16 * 3), data.subarray(31 * 16 * 3)];
    expect(topRight[0]).toBeGreaterThan(240);
    expect(topRight[2]).toBeLessThan(15);
    expect(bottomLeft[0]).toBeLessThan(15);
    expect(bottomLeft[2]).toBeGreaterThan(240);
  });

  it("reads JPEG, PNG and WebP, 16 bits and palettes, whatever the file is called", async () => {
    const flat = picture(8, 8, Array.from({ length: 64 }, () => [200, 50, 10]).flat());
    const deep = sharp(new Uint16Array(192).fill(100 * 257), { raw: { width: 8, height: 8, channels: 3 } });
    const files: [string, Buffer, readonly number[]][] = [
      ["jpeg.png", await flat.clone().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(), [200, 50, 10]],
      ["webp.jpg", await flat.clone().webp({ lossless: true }).toBuffer(), [200, 50, 10]],
      ["palette.PNG", await flat.clone().png({ palette: true }).toBuffer(), [200, 50, 10]],
      ["deep.png", await deep.toColourspace("rgb16").png().toBuffer(), [100, 100, 100]],
    ];
    for (const [name, bytes, colour] of files) {
      await writeFile(join(folder, name), bytes);
      const { data } = await readImage(join(folder, name), { shape: [3, 1, 1] });
      for (const [c, level] of colour.entries()) expect(Math.abs((data[c] as number) - level), name).toBeLessThan(3);
    }
  });

  it("refuses what is not such a picture, naming the file", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
    const gif = await picture(1, 1, red).gif().toBuffer();
    const files: [string, string | Uint8Array, RegExp][] = [
      ["empty.jpg", "", /empty\.jpg: expected a JPEG, PNG or WebP picture, got no bytes/],
      ["svg.png", svg, /svg\.png: expected a JPEG, PNG or WebP picture, got bytes that begin 3c 73 76 67/],
      ["gif.png", gif, /gif\.png: expected/],
      ["head.jpg", Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]), /head\.jpg: the picture cannot be decoded/],
      ["riff.webp", "RIFF\0\0\0\0WEBPxxxxxxxx", /riff\.webp: the picture cannot be decoded/],
    ];
    for (const [name, bytes, message] of files) {
      await writeFile(join(folder, name), bytes);
      const error = await readImage(join(folder, name), { shape: [3, 1, 1] }).catch((reason: unknown) => reason);
      expect(error, name).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain("\n");
    }
    await expect(readImage(join(folder, "none.jpg"), { shape: [3, 1, 1] })).rejects.toThrow(DataError);
    await expect(readImage(new Uint8Array(0), { shape: [3, 1, 1] })).rejects.toThrow(/^picture: expected/);
  });

  it("refuses a picture that claims more pixels than there is memory for", async () => {
    // 272 million black pixels in 35 kB.
    await expect(readImage(blackPng(17_000, 16_000), { shape: [3, 1, 1] })).rejects.toThrow(/exceeds pixel limit/);
    expect([...(await readImage(blackPng(1700, 1600), { shape: [3, 1, 1] })).data]).toEqual(black);
    const claims = blackPng(1, 1, 2 ** 31 - 1);
    await expect(readImage(claims, { shape: [3, 1, 1] })).rejects.toThrow(FormatError);
  });

  it("refuses a cut picture, wherever it is cut", async () => {
    const noise = Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * 7919) % 251);
    const jpeg = await picture(24, 24, noise).jpeg().toBuffer();
    for (let length = 0; length < jpeg.length; length++)
      await expect(readImage(jpeg.subarray(0, length), { shape: [3, 8, 8] }), `${length}`).rejects.toThrow(FormatError);
    for (const kind of ["png", "webp"] as const) {
      const bytes = await picture(24, 24, noise).toFormat(kind).toBuffer();
      for (let length = 0; length < bytes.length - 12; length += 11)
        await expect(readImage(bytes.subarray(0, length), { shape: [3, 8, 8] }), kind).rejects.toThrow(FormatError);
    }
  });

  it("refuses options that cannot be", async () => {
    const read = (options: object) => readImage(new Uint8Array(0), options as { shape: [number, number, number] });
    await expect(read({ shape: [2, 8, 8] })).rejects.toThrow(/1 or 3 channels, got \[2, 8, 8\]/);
    await expect(read({ shape: [3, 8] })).rejects.toThrow(OptionError);
    await expect(read({ shape: [3, 8, 0.5] })).rejects.toThrow(/height or width must be a whole number/);
    await expect(read({ shape: [3, 8, 8], fit: "crop" })).rejects.toThrow(/cover, contain, fill, got crop/);
    await expect(read({ shape: [3, 8, 8], layout: "nchw" })).rejects.toThrow(/"chw" or "hwc"/);
    await expect(read({ shape: [3, 8, 8], fitt: "cover" })).rejects.toThrow(/Did you mean "fit"/);
    await expect(read({ kind: "table", shape: [3, 8, 8] })).rejects.toThrow(/encoding is one of table/);
  });
});

describe.skipIf(!existsSync(roses))("a real photograph (plants/train/rose)", () => {
  it("is read at its own size as sharp alone reads it, and is refused when cut", async () => {
    const file = join(roses, (await readdir(roses))[0] as string);
    const bytes = await readFile(file);
    const { data } = await readImage(file, { shape: [3, 128, 128], layout: "hwc" });
    expect(Buffer.compare(data, await sharp(bytes).raw().toBuffer())).toBe(0);
    for (const part of [0.1, 0.5, 0.9, 0.999]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      await expect(readImage(cut, { shape: [3, 64, 64] })).rejects.toThrow(/cannot be decoded/);
    }
  });
});

describe("limiter", () => {
  it("runs no more tasks at once than it may, all of them, in order, and goes on after an error", async () => {
    const inTurn = limiter(3);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const task = (i: number) => async () => {
      begun.push(i);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (i % 4 === 0) throw new Error(`task ${i}`);
      return i;
    };
    const ended = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => inTurn(task(i))));
    expect(most).toBe(3);
    expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(ended.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(await inTurn(task(1))).toBe(1);
  });
});

/** A PNG of 1 bit a pixel, made by hand; `claimed` is the width and height that its head names. */
function blackPng(width: number, height: number, claimed?: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  head.writeUInt32BE(claimed ?? width, 0);
  head.writeUInt32BE(claimed ?? height, 4);
  const rows = deflateSync(new Uint8Array(height * (1 + Math.ceil(width / 8))));
  const magic = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([magic, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", new Uint8Array(0))]);
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
