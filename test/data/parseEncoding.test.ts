import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import {
  type Encoding,
  fitSeries,
  fitTable,
  imageEncoding,
  parseEncoding,
  series,
  table,
} from "../../src/data/index.js";

const people = "age,sex,member,income\n20,m,yes,1\n,f,no,3\n30,x,no,2\n";
const months = series("month,a,b,c\n2001-01,1,2,3\n2001-02,2,4,1\n2001-03,5,1,2\n");
const encodings: Record<string, Encoding> = {
  series: fitSeries(months, { target: "a", window: 2, past: ["b"], known: ["c"], calendar: ["month"], log: ["a"] }),
  "series of changes and quantiles": fitSeries(months, {
    target: "a",
    window: 2,
    relativeTo: "last",
    quantiles: [0.1, 0.5],
  }),
  images: imageEncoding({ shape: [3, 8, 9], mean: 0.5, deviation: [0.1, 0.2, 0.3], classes: ["a", "b"] }),
  "images without classes": imageEncoding({ shape: [1, 2, 2] }),
  values: { kind: "values", shape: [2, 3], classes: ["x"] },
  "values without classes": { kind: "values", shape: [] },
  latent: { kind: "latent", size: 100, noise: "normal" },
  "latent, of pictures, with classes": {
    kind: "latent",
    size: 2,
    noise: "uniform",
    of: imageEncoding({ shape: [3, 8, 9], mean: 0.5, deviation: 0.5, classes: ["a", "b"] }),
    classes: ["a", "b"],
  },
  "latent, of values": { kind: "latent", size: 2, noise: "normal", of: { kind: "values", shape: [2] } },
  "table for regression": fitTable(table(people), { task: "regression", ignore: ["member"] }),
  "table for classification": fitTable(table(people), { target: "sex" }),
};

describe("parseEncoding", () => {
  it.each(Object.entries(encodings))("gives back what JSON made of %s", (_, encoding) => {
    expect(parseEncoding(JSON.stringify(encoding), "w")).toEqual(encoding);
  });

  it.each([
    ["{", "net.safetensors: encoding: is not JSON"],
    ["null", "net.safetensors: encoding: should be an object, not null"],
    [
      '{"kind":"smell"}',
      'encoding.kind: should be "images", "latent", "series", "sound", "table", "text" or "values", not "smell"',
    ],
    ['{"kind":"images"}', "encoding.shape: should be a list, not undefined"],
    ['{"kind":"images","shape":[3,8]}', "encoding.shape: should be [channels, height, width], not [3,8]"],
    ['{"kind":"images","shape":[1,8,1e99]}', "encoding.shape[2]: should be a whole number above 0, not 1e+99"],
    [
      '{"kind":"images","shape":[1,8,8],"mean":[0],"deviation":[0]}',
      "encoding.deviation[0]: should be a number above 0, not 0",
    ],
    ['{"kind":"images","shape":[1,8,8],"mean":[0,0],"deviation":[1]}', "mean has 2 numbers for 1 channels"],
    [
      '{"kind":"table","features":[{"name":"a","missing":1}]}',
      "encoding.features[0].missing: should be true or false, not 1",
    ],
    ['{"kind":"latent","noise":"normal"}', "encoding.size: should be a number, not undefined"],
    ['{"kind":"latent","size":0,"noise":"normal"}', "encoding.size: should be a number above 0, not 0"],
    ['{"kind":"latent","size":2}', 'encoding.noise: should be "normal" or "uniform", not undefined'],
    ['{"kind":"latent","size":2,"noise":"pink"}', 'encoding.noise: should be "normal" or "uniform", not "pink"'],
    ['{"kind":"latent","size":2,"noise":"normal","of":3}', "encoding.of: should be an object, not 3"],
    [
      '{"kind":"latent","size":2,"noise":"normal","of":{"kind":"table","shape":[2]}}',
      'encoding.of.kind: should be "images" or "values", not "table"',
    ],
    [
      '{"kind":"latent","size":2,"noise":"normal","of":{"kind":"values","shape":[0]}}',
      "encoding.of.shape[0]: should be a number above 0, not 0",
    ],
    [
      '{"kind":"latent","size":2,"noise":"normal","of":{"kind":"images","shape":[1,2,2],"mean":[0],"deviation":[0]}}',
      "encoding.of.deviation[0]: should be a number above 0, not 0",
    ],
    ['{"kind":"latent","size":2,"noise":"normal","classes":[1]}', "encoding.classes[0]: should be a text, not 1"],
    ['{"kind":"values","shape":[2],"classes":[1]}', "encoding.classes[0]: should be a text, not 1"],
  ])("refuses %s", (json, says) => {
    expect(() => parseEncoding(json, "net.safetensors")).toThrow(FormatError);
    expect(() => parseEncoding(json, "net.safetensors")).toThrow(says);
  });

  it("refuses every encoding that lacks a field, or has something else in its place", () => {
    /** All copies of `value` with one field replaced, at any depth. */
    function* changed(value: unknown, by: unknown): Generator<unknown> {
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
        if (!["classes", "quantiles", "relativeTo", "of"].includes(key) || by !== undefined)
          yield Object.assign(copy, { [key]: by });
        for (const deeper of changed(inner, by)) yield Object.assign(copy, { [key]: deeper });
      }
    }
    for (const encoding of Object.values(encodings))
      for (const by of [undefined, null, {}, { length: 1 }])
        for (const broken of changed(encoding, by))
          expect(() => parseEncoding(JSON.stringify(broken), "w"), JSON.stringify(broken)).toThrow(FormatError);
  });

  it("refuses any other JSON, and nothing but that", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("images", "latent", "table", "values"), (json, kind) => {
        expect(() => parseEncoding(json, "w")).toThrow(FormatError);
        expect(() => parseEncoding(`{"kind":"${kind}","features":${json}}`, "w")).toThrow(FormatError);
      }),
    );
  });
});
