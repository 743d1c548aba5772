import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { encodePng, writePng } from "../../src/node/png.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-png-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the chunks of a PNG say (W3C PNG, section 11), for 8 bits a sample and rows without a filter. */
function decode(png: Uint8Array): { width: number; height: number; colour: number; data: number[] } {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const [width, height, bits, colour] = [
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    bytes[24],
    bytes[25] as number,
  ];
  expect(bits).toBe(8);
  const raw = inflateSync(Buffer.concat(parts));
  const row = raw.length / height;
  const data: number[] = [];
  for (let y = 0; y < height; y++) {
    expect(raw[y * row]).toBe(0);
    data.push(...raw.subarray(y * row + 1, (y + 1) * row));
  }
  return { width, height, colour, data };
}

it.each([
  ["colour", 3, 2],
  ["grey", 1, 0],
  ["colour with alpha", 4, 6],
])("encodes %s without loss", async (_, channels, colour) => {
  const data = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256);
  expect(decode(await encodePng({ width: 5, height: 3, data }))).toEqual({
    width: 5,
    height: 3,
    colour,
    data: [...data],
  });
});

it("takes the clamped bytes that decodeImage gives", async () => {
  const data = Uint8ClampedArray.from([255, 0, 7]);
  expect(decode(await encodePng({ width: 1, height: 1, data })).data).toEqual([255, 0, 7]);
});

it("writes the file whole, and leaves nothing beside", async () => {
  const picture = { width: 2, height: 1, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) };
  await writePng(join(folder, "x.png"), picture);
  expect(decode(await readFile(join(folder, "x.png"))).data).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await readdir(folder)).toEqual(["x.png"]);
  await expect(writePng(join(folder, "none", "x.png"), picture)).rejects.toThrow(DataError);
});

it("refuses a picture whose bytes do not fit its size", async () => {
  const data = new Uint8Array(11);
  await expect(encodePng({ width: 2, height: 2, data })).rejects.toThrow(/2 x 2 pixels.*take 12 bytes.*got 11/);
  await expect(encodePng({ width: 2.5, height: 2, data })).rejects.toThrow(OptionError);
  await expect(encodePng({ width: 1, height: 1, data, channels: 3 } as never)).rejects.toThrow(
    /unknown option "channels"/,
  );
});
