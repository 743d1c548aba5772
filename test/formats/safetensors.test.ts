import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, FormatError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.js";

const datasets = process.env.MIDST_DATA ?? fileURLToPath(new URL("../../../shared/datasets", import.meta.url));
const mnist = `${datasets}/safetensors/mnist.safetensors`;

/** A file with this header text and these data bytes; the length is right unless given. */
function file(header: string | Uint8Array, data: readonly number[] = [], length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: readonly number[], begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;

/** A file with the one tensor "x" of these bytes. */
const one = (dtype: string, shape: readonly number[], data: readonly number[]) =>
  file(`{"x":${entry(dtype, shape, 0, data.length)}}`, data);

describe("writeSafetensors", () => {
  it("writes the bytes of the reference implementation", () => {
    const bytes = writeSafetensors({ b: tensor([1, 2]), a: tensor(new Uint8Array([7])) }, { format: "pt" });
    const header =
      '{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
      '"a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(Buffer.from(bytes.subarray(0, 8)).readBigUInt64LE()).toBe(BigInt(padded.length));
    expect(Buffer.from(bytes.subarray(8, -9)).toString()).toBe(padded);
    expect([...bytes.subarray(-9)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64, 7]);
  });

  it("gives the same bytes in whatever order the tensors come: by dtype, then by code point", () => {
    const names = ["b", "10", "2", "\u{1F33C}", "\uFFFD", "a"];
    const tensors = names.map((name): [string, Tensor] => [name, tensor([name.length])]);
    const ints: [string, Tensor] = ["0", tensor(new Int32Array([1]))];
    const bools: [string, Tensor] = ["00", tensor<"bool">(new Uint8Array([1]), [1], "bool")];
    const first = writeSafetensors(Object.fromEntries([bools, ints, ...tensors]), { b: "1", a: "2", 3: "3" });
    const again = writeSafetensors(Object.fromEntries([...tensors.reverse(), ints, bools]), { 3: "3", a: "2", b: "1" });
    expect(again).toEqual(first);
    const header = Buffer.from(first).toString("utf8", 8).split('"dtype"');
    const order = header.slice(0, -1).map((part) => /"([^"]+)":\{$/.exec(part)?.[1]);
    expect(order).toEqual(["10", "2", "a", "b", "\uFFFD", "\u{1F33C}", "0", "00"]);
  });

  it("writes a view of a larger buffer, not the buffer", () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(readSafetensors(writeSafetensors({ x: tensor(data) })).tensors.x?.data).toEqual(new Float32Array([2, 3]));
  });

  it.each<[string, Record<string, Tensor>, RegExp]>([
    ["the name of the metadata", { __metadata__: tensor([1]) }, /"__metadata__": the name is the format's own/],
    ["half a character", { "a\uD800": tensor([1]) }, /"a\\u\{d800\}": the name is not whole Unicode/],
    ["a wrong length", { x: { dtype: "int32", shape: [2, 2], data: new Int32Array(3) } }, /\[2, 2\].*16 bytes.*12/],
    ["a bool of 2", { x: { dtype: "bool", shape: [1], data: new Uint8Array([2]) } }, /0 or 1/],
  ])("refuses %s", (_, tensors, message) => {
    expect(() => writeSafetensors(tensors)).toThrow(DataError);
    expect(() => writeSafetensors(tensors)).toThrow(message);
  });

  it("refuses metadata of half a character", () => {
    expect(() => writeSafetensors({}, { note: "\uDC00" })).toThrow(/metadata "note"/);
  });
});

describe("readSafetensors", () => {
  it.each<[string, readonly number[], readonly number[]]>([
    ["F32", [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1], [1, -10]],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f], [1.5, Infinity]],
    // The largest, the smallest and the smallest normal half, -0, and the infinities (IEEE 754-2019, binary16).
    ["F16", [0xff, 0x7b, 0x01, 0x00, 0x00, 0x04, 0x00, 0x80, 0x00, 0x7c], [65504, 2 ** -24, 2 ** -14, -0, Infinity]],
    ["F16", [0x00, 0x3c, 0x55, 0x35, 0x00, 0xc0, 0x01, 0x7e], [1, 0.333251953125, -2, NaN]],
    ["BF16", [0x80, 0x3f, 0x49, 0x40, 0x80, 0xff, 0xc0, 0x7f], [1, 3.140625, -Infinity, NaN]],
    ["I32", [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x80], [-1, -2147483648]],
    ["I64", [0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0x7f, 0, 0, 0, 0], [-2, 2147483647]],
    ["U8", [0, 255, 7], [0, 255, 7]],
    ["BOOL", [1, 0, 1], [1, 0, 1]],
  ])("reads %s", (dtype, data, expected) => {
    const x = readSafetensors(one(dtype, [expected.length], data)).tensors.x as Tensor;
    expect([...x.data]).toEqual(expected);
    const ours = { F32: "float32", F64: "float32", F16: "float32", BF16: "float32", I32: "int32", I64: "int32" };
    expect(x.dtype).toBe(ours[dtype as keyof typeof ours] ?? (dtype === "U8" ? "uint8" : "bool"));
  });

  it("reads every one of the 65536 halves as the formula of the standard gives it", () => {
    const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const x = readSafetensors(one("F16", [65536], [...new Uint8Array(words.buffer)])).tensors.x as Tensor;
    for (let bits = 0; bits < 65536; bits++) {
      const [, sign, exponent, fraction] = /^(.)(.{5})(.{10})$/.exec(bits.toString(2).padStart(16, "0")) ?? [];
      const e = Number.parseInt(exponent as string, 2);
      const f = Number.parseInt(fraction as string, 2) / 1024;
      const size = e === 31 ? (f === 0 ? Infinity : NaN) : e === 0 ? f * 2 ** -14 : (1 + f) * 2 ** (e - 15);
      expect(x.data[bits]).toBe(sign === "1" ? -size : size);
    }
  });

  it("reads at any alignment, without a copy where that can be", () => {
    const bytes = writeSafetensors({ x: tensor([1, 2, 3]), i: tensor(new Int32Array([-4])) });
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const { x, i } = readSafetensors(moved).tensors;
      expect([...(x as Tensor).data, ...(i as Tensor).data]).toEqual([1, 2, 3, -4]);
      expect((x as Tensor).data.buffer === moved.buffer).toBe(shift % 4 === 0);
    }
    expect(readSafetensors(Buffer.concat([new Uint8Array(1), bytes]).subarray(1)).tensors.x?.data[2]).toBe(3);
  });

  it("keeps scalars, empty tensors and an empty file", () => {
    const header = `{"e":${entry("F32", [3, 0], 4, 4)},"s":${entry("F32", [], 0, 4)},"f":${entry("I64", [0], 0, 0)}}`;
    const { tensors, metadata } = readSafetensors(file(header, [0, 0, 128, 63]));
    expect(Object.keys(tensors)).toEqual(["f", "s", "e"]);
    expect(tensors.s).toEqual({ dtype: "float32", shape: [], data: new Float32Array([1]) });
    expect(tensors.e).toEqual({ dtype: "float32", shape: [3, 0], data: new Float32Array(0) });
    expect(metadata).toEqual({});
    expect(readSafetensors(file("{}")).tensors).toEqual({});
  });

  it("takes any name as a name", () => {
    const names = ["__proto__", "constructor", "toString", "", "\\", '\\"{"{[[[":', "a\u0000b", "\u{1F33C}"];
    const tensors: Record<string, Tensor> = Object.create(null);
    names.forEach((name, i) => {
      tensors[name] = tensor([i]);
    });
    const metadata = JSON.parse('{"__proto__":"p"}');
    const back = readSafetensors(writeSafetensors(tensors, metadata));
    expect(Object.keys(back.tensors).sort()).toEqual([...names].sort());
    for (const [i, name] of names.entries()) expect(back.tensors[name]?.data).toEqual(new Float32Array([i]));
    expect(Object.entries(back.metadata)).toEqual([["__proto__", "p"]]);
    expect(Object.getPrototypeOf(back.tensors)).toBe(null);
  });

  const x = entry("U8", [1], 0, 1);
  it.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /8 bytes of length, but it has 0 bytes/],
    [
      "a length of 2^64 - 1",
      file("{}", [], 2n ** 64n - 1n),
      /claims 18446744073709552000 bytes, more than the 100000000/,
    ],
    ["a length above the limit", file("{}", [], 100_000_001n), /claims 100000001 bytes, more than the 100000000/],
    ["a length above the file", file("{}", [1], 4n), /claims 4 bytes, but 3 follow/],
    ["an empty header", file(""), /does not begin with "\{"/],
    ["a list for a header", file("[]"), /does not begin with "\{"/],
    ["a space first", file(" {}"), /does not begin with "\{"/],
    ["bad UTF-8", file(new Uint8Array([0x7b, 0xff, 0x7d])), /not UTF-8/],
    ["bad JSON", file('{"x":}'), /not JSON/],
    ["zeros for padding", file("{}\0\0"), /not JSON/],
    ["a name twice", file(`{"x":${x},"x":${x}}`, [1]), /the key "x" twice/],
    ["a name twice, written differently", file(`{"x":${x}, "\\u0078" : ${x}}`, [1]), /the key "x" twice/],
    ["a name twice, after a quote in a name", file(`{"q\\"":${x},"x":${x},"x":${x}}`, [1]), /the key "x" twice/],
    ["a field twice", file('{"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', [1]), /"dtype" twice/],
    ["deep nesting", file(`{"x":${"[".repeat(200_000)}`), /nested more than 3 deep at character 7/],
    ["a tensor that is a number", file('{"x":3}'), /tensor "x" must be an object, got a number/],
    ["metadata null", file('{"__metadata__":null}'), /__metadata__ must be an object, got null/],
    ["metadata of numbers", file('{"__metadata__":{"epoch":3}}'), /__metadata__ "epoch" must be a text, got "3"/],
    ["a name of half a character", file(`{"\\ud800":${x}}`, [1]), /not whole Unicode/],
    [
      "an unknown dtype",
      one("U\u202e32", [1], [0, 0, 0, 0]),
      /"x": its dtype "U\\u\{202e\}32" is not one of BOOL, U8, F16/,
    ],
    ["no dtype", file('{"x":{"shape":[],"data_offsets":[0,0]}}'), /dtype "undefined"/],
    ["a shape below 0", one("U8", [-1], [1]), /shape must be a list of whole numbers/],
    ["a shape of fractions", one("U8", [0.5], [1]), /shape must be a list of whole numbers/],
    ["a shape of 1e400", file('{"x":{"dtype":"U8","shape":[1e400],"data_offsets":[0,0]}}'), /list of whole numbers/],
    ["a shape that overflows to 0", one("F32", [2 ** 32, 2 ** 32], []), /takes 73786976294838210000 bytes, but 0 are/],
    ["an overflow times 0", one("F32", [2 ** 52, 2 ** 52, 0], []), /takes Infinity bytes, but 0 are/],
    ["a shape too small", one("F32", [1], [0, 0, 0, 0, 0, 0, 0, 0]), /"\[1\]" of F32 takes 4 bytes, but 8 are given/],
    ["10 GB claimed", file(`{"x":${entry("U8", [1e10], 0, 1e10)}}`, [1]), /bytes 0 to 10000000000 do not lie in the 1/],
    ["offsets backwards", file(`{"x":${entry("U8", [1], 1, 0)}}`, [1]), /bytes 1 to 0 do not lie/],
    ["three offsets", file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', [1]), /two whole numbers/],
    ["a negative offset", file(`{"x":${entry("U8", [1], -1, 0)}}`, [1]), /two whole numbers/],
    ["overlap", file(`{"x":${entry("U8", [2], 0, 2)},"y":${entry("U8", [2], 1, 3)}}`, [1, 2, 3]), /"y".*"x".*overlap/],
    [
      "the same bytes twice",
      file(`{"x":${x},"y":${x}}`, [1]),
      /"y" begins at byte 0, but tensor "x" ends at byte 1.*overlap/,
    ],
    [
      "a hole",
      file(`{"x":${x},"y":${entry("U8", [1], 2, 3)}}`, [1, 2, 3]),
      /"y" begins at byte 2.*"x" ends at byte 1.*hole/,
    ],
    [
      "a hole at the start",
      file(`{"x":${entry("U8", [1], 1, 2)}}`, [1, 2]),
      /the start of the data ends at byte 0.*hole/,
    ],
    ["bytes left over", file(`{"x":${x}}`, [1, 2]), /end at byte 1.*file has 2/],
    ["a bool of 2", one("BOOL", [3], [0, 1, 2]), /"x": its number 2 is 2, but a bool is 0 or 1/],
    ["an I64 too large", one("I64", [1], [0, 0, 0, 128, 0, 0, 0, 0]), /number 0 is 2147483648, but an int32/],
    ["an F64 too large", one("F64", [1], [255, 255, 255, 255, 255, 255, 239, 127]), /is 1.797\d+e\+308, but a float32/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, { name: "net.safetensors" })).toThrow(FormatError);
    expect(() => readSafetensors(bytes, { name: "net.safetensors" })).toThrow(message);
    expect(() => readSafetensors(bytes, { name: "net.safetensors" })).toThrow(/^net\.safetensors: /);
  });

  it("cuts a long name in its message", () => {
    const bytes = file(`{"${"n".repeat(100_000)}":3}`);
    expect(() => readSafetensors(bytes)).toThrow(/^.{0,300}$/);
  });

  it("refuses a file cut short at any byte, and one byte too many", () => {
    const bytes = writeSafetensors({ a: tensor([1, 2]), b: tensor(new Uint8Array([1, 2, 3])) }, { format: "pt" });
    for (let length = 0; length < bytes.length; length++)
      expect(() => readSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
    expect(() => readSafetensors(Buffer.concat([bytes, new Uint8Array(1)]))).toThrow(FormatError);
  });
});

describe("round trips", () => {
  const shape = fc.array(fc.nat(4), { maxLength: 3 });
  const tensors = shape.chain((sizes): fc.Arbitrary<Tensor> => {
    const length = sizes.reduce((product, size) => product * size, 1);
    const exactly = { minLength: length, maxLength: length };
    return fc.oneof(
      fc.float32Array(exactly).map((data): Tensor => ({ dtype: "float32", shape: sizes, data })),
      fc.int32Array(exactly).map((data): Tensor => ({ dtype: "int32", shape: sizes, data })),
      fc.uint8Array(exactly).map((data): Tensor => ({ dtype: "uint8", shape: sizes, data })),
      fc.uint8Array({ ...exactly, max: 1 }).map((data): Tensor => ({ dtype: "bool", shape: sizes, data })),
    );
  });
  const name = fc.string({ unit: "binary" });
  const files = fc.tuple(fc.dictionary(name, tensors), fc.dictionary(name, name));

  it("gives back every tensor and text, bit for bit", () => {
    fc.assert(
      fc.property(files, ([saved, texts]) => {
        const back = readSafetensors(writeSafetensors(saved, texts));
        expect({ ...back.metadata }).toEqual({ ...texts });
        expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(saved).sort());
        for (const key of Object.keys(saved)) {
          const [was, is] = [saved[key] as Tensor, back.tensors[key] as Tensor];
          expect([is.dtype, is.shape]).toEqual([was.dtype, was.shape]);
          expect(Buffer.from(is.data.buffer, is.data.byteOffset, is.data.byteLength)).toEqual(
            Buffer.from(was.data.buffer, was.data.byteOffset, was.data.byteLength),
          );
        }
      }),
    );
  });

  it("answers a changed file with tensors inside it or a FormatError, never with anything else", () => {
    let refused = 0;
    const edit = fc.record({ at: fc.nat(), put: fc.oneof(fc.constantFrom(...'"{}[]:,0129-'), fc.nat(255)) });
    fc.assert(
      fc.property(files, fc.array(edit, { minLength: 1, maxLength: 4 }), ([saved, texts], edits) => {
        const bytes = writeSafetensors(saved, texts);
        for (const { at, put } of edits) bytes[at % bytes.length] = typeof put === "string" ? put.charCodeAt(0) : put;
        try {
          for (const { shape: sizes, data } of Object.values(readSafetensors(bytes).tensors)) {
            expect(data.length).toBe(sizes.reduce((product, size) => product * size, 1));
            expect(data.byteLength).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          refused++;
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe.skipIf(!existsSync(mnist))("a file that PyTorch wrote (safetensors/mnist.safetensors)", () => {
  const bytes = new Uint8Array(existsSync(mnist) ? readFileSync(mnist) : []);

  it("reads the 20 tensors", () => {
    const { tensors, metadata } = readSafetensors(bytes, { name: "mnist.safetensors" });
    expect(Object.keys(tensors)).toHaveLength(20);
    expect(Object.keys(tensors).slice(0, 3)).toEqual([
      "norm1.num_batches_tracked",
      "norm2.num_batches_tracked",
      "conv1.bias",
    ]);
    expect(tensors["fc1.weight"]?.shape).toEqual([32, 11616]);
    expect(tensors["norm1.num_batches_tracked"]).toEqual({ dtype: "int32", shape: [], data: new Int32Array([7504]) });
    expect([...(tensors["conv1.bias"] as Tensor).data]).toEqual([
      0.10854441672563553, -0.008910008706152439, 0.036622121930122375, 0.09148739278316498, 0.01885155402123928,
      -0.0487213134765625, -0.31526193022727966, 0.08375561237335205,
    ]);
    expect(metadata).toEqual({});
  });

  it("is written again as the same bytes, when its two I64 counters are left out of both", () => {
    const { tensors } = readSafetensors(bytes);
    const floats = Object.fromEntries(Object.entries(tensors).filter(([, { dtype }]) => dtype === "float32"));
    const written = writeSafetensors(floats);
    expect(Buffer.compare(written.subarray(-1507752), bytes.subarray(-1507752))).toBe(0);
    expect(readSafetensors(written).tensors).toEqual(floats);
  });

  it("refuses it cut short at any of its last 100 bytes and at any byte of its header", () => {
    const header = Array.from({ length: 1530 }, (_, i) => i);
    const tail = Array.from({ length: 100 }, (_, i) => bytes.length - 1 - i);
    for (const length of [...header, ...tail])
      expect(() => readSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
  });
});
