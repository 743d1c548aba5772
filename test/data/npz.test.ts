import { readFileSync } from "node:fs";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { countClasses, dataset, imageEncoding, npy, npz } from "../../src/data/index.js";
import { bytesOf, has } from "./datasets.js";

interface Fixtures {
  cases: { name: string; file: string; dtype: string; shape: number[]; values: number[] }[];
  refused: { name: string; file: string; says: string }[];
  stored: string;
  deflated: string;
}

// Files that NumPy wrote; see make_numpy.py.
const fixtures: Fixtures = JSON.parse(readFileSync(new URL("fixtures/numpy.json", import.meta.url), "utf8"));
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

/** A .npy file with this header, whatever it says. */
function forged(header: string, data: number[] = []): Uint8Array {
  const text = [...header].map((c) => c.charCodeAt(0));
  return new Uint8Array([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length & 255, text.length >> 8, ...text, ...data]);
}

describe("npy", () => {
  it.each(fixtures.cases)("reads what NumPy saves: $name", ({ file, dtype, shape, values }) => {
    const array = npy(bytes(file));
    expect({ dtype: array.dtype, shape: array.shape }).toEqual({ dtype, shape });
    expect([...array.data]).toEqual(values.map((value) => (dtype === "float32" ? Math.fround(value) : value)));
  });

  it.each(fixtures.refused)("refuses $name", ({ file, says }) => {
    expect(() => npy(bytes(file), { name: "x.npy" })).toThrow(FormatError);
    expect(() => npy(bytes(file), { name: "x.npy" })).toThrow(says);
  });

  it.each([
    ["10 GB", "{'descr': '|u1', 'fortran_order': False, 'shape': (10000, 1000, 1000), }"],
    ["a size without end", `{'descr': '<f4', 'fortran_order': False, 'shape': (${"999999999,".repeat(99)}), }`],
    ["one number too many", "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }"],
    ["one number too few", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"],
    ["a negative size", "{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }"],
    ["numbers of no bytes", "{'descr': '<f0', 'fortran_order': False, 'shape': (3,), }"],
    ["truth values of 3 bytes", "{'descr': '|b3', 'fortran_order': False, 'shape': (1,), }"],
    ["no shape", "{'descr': '|u1', 'fortran_order': False}"],
  ])("refuses a header that claims %s", (_, header) => {
    expect(() => npy(forged(header, [1, 2, 3]), { name: "x.npy" })).toThrow(FormatError);
    expect(() => npy(forged(header, [1, 2, 3]), { name: "x.npy" })).toThrow(/^x\.npy: /);
  });

  it("refuses a header that claims to be longer than the file", () => {
    const version2 = new Uint8Array([...forged("{}").subarray(0, 6), 2, 0, 255, 255, 255, 255]);
    expect(() => npy(version2)).toThrow("the header claims 4294967295 bytes, 0 follow");
  });

  it("refuses every file cut short", () => {
    for (const { file } of fixtures.cases) {
      const whole = bytes(file);
      for (let length = 0; length < whole.length; length++)
        expect(() => npy(whole.subarray(0, length))).toThrow(FormatError);
    }
  });
});

describe("npz", () => {
  it.each(["stored", "deflated"] as const)("reads a %s archive", (kind) => {
    const arrays = npz(bytes(fixtures[kind]));
    expect(Object.keys(arrays)).toEqual(["images", "labels"]);
    expect(arrays.images).toEqual({ dtype: "uint8", shape: [2, 2, 2], data: new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]) });
    expect(arrays.labels).toEqual({ dtype: "int32", shape: [2], data: new Int32Array([1, 0]) });
  });

  it("refuses an archive cut short anywhere", () => {
    for (const kind of ["stored", "deflated"] as const) {
      const whole = bytes(fixtures[kind]);
      for (let length = 0; length < whole.length; length++)
        expect(() => npz(whole.subarray(0, length))).toThrow(FormatError);
    }
  });

  it("reads a damaged archive as arrays or as a FormatError, never as anything else", () => {
    const whole = bytes(fixtures.deflated);
    const byte = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = whole.slice();
        for (const { at, to } of changes) damaged[at] = to;
        try {
          for (const array of Object.values(npz(damaged))) expect(array.data.length).toBeLessThan(1e5);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["10 GB in a small file", 0xffffffff, "cannot unpack to the 4294967295 bytes claimed"],
    ["just more than can be packed so small", 1_000_000, "cannot unpack to the 1000000 bytes claimed"],
  ])("refuses an archive that claims %s before it takes the memory", (_, claim, says) => {
    const archive = zipSync({ "a.npy": new Uint8Array(100) });
    const view = new DataView(archive.buffer);
    const directory = view.getUint32(archive.length - 6, true);
    view.setUint32(directory + 24, claim, true); // uncompressed size in the central directory
    expect(() => npz(archive, { name: "x.npz" })).toThrow(`x.npz/a.npy: `);
    expect(() => npz(archive, { name: "x.npz" })).toThrow(says);
  });

  it("refuses a bomb: more than the limit, in one file or in all together", () => {
    const bomb = zipSync({ "a.npy": new Uint8Array(3_000_000), "b.npy": new Uint8Array(3_000_000) });
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => npz(bomb, { limit: 2_000_000 })).toThrow("over the limit of 2000000");
    expect(() => npz(bomb, { limit: 4_000_000 })).toThrow("it claims to unpack to 6000000 bytes");
    expect(() => npz(bomb, { limit: 8_000_000 })).toThrow("not a NumPy array file");
  });

  it("refuses an archive that claims 65,535 files", () => {
    const archive = zipSync({ "a.txt": new Uint8Array(1) });
    new DataView(archive.buffer).setUint16(archive.length - 14, 0xffff, true);
    expect(() => npz(archive)).toThrow("claims more files than its");
  });

  it("refuses an archive without arrays", () => {
    expect(() => npz(zipSync({ "a.txt": new Uint8Array(1) }))).toThrow("there is no .npy file in this archive");
  });
});

const xray = "xray-28/pneumoniamnist.npz";

describe.skipIf(!has(xray))("PneumoniaMNIST", () => {
  it("has the shapes and class counts that its description gives", () => {
    const arrays = npz(bytesOf(xray));
    const classes = ["normal", "pneumonia"];
    const counts = { train: [388, 3494], val: [135, 389], test: [234, 390] } as const;
    for (const [part, expected] of Object.entries(counts)) {
      const input = arrays[`${part}_images`];
      const target = arrays[`${part}_labels`];
      if (input === undefined || target === undefined) throw new Error(`no ${part}`);
      expect(input.shape).toEqual([expected[0] + expected[1], 28, 28]);
      const data = dataset({ input, target, classes, encoding: imageEncoding({ shape: [1, 28, 28] }) });
      expect(data.inputShapes).toEqual({ input: [1, 28, 28] });
      expect(countClasses(data.labels ?? [], 2)).toEqual(expected);
    }
  });
});
