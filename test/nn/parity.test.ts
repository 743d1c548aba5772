import { describe, expect, it } from "vitest";
import { layerKinds } from "../../src/nn/index.js";
import { readFixture } from "../fixtures/read.js";
import { checkLayer } from "./layerCase.js";
import { rowOf } from "./rows.js";

const fixtures = readFixture("layers");

describe("every layer as PyTorch has it", () => {
  for (const fixture of fixtures) it(fixture.name, () => checkLayer(rowOf(fixture)));
});

/** Layers whose numbers need no PyTorch. */
const elsewhere: Readonly<Record<string, string>> = {
  add: "structure.test.ts, by hand; networks.test.ts, in a residual network",
  avgPool1d: "structure.test.ts, by hand; it shares its code with avgPool2d",
  block: "containers.test.ts: its layers one after another",
  concat: "structure.test.ts, by hand",
  gru: "recurrent.test.ts, against PyTorch",
  lstm: "recurrent.test.ts, against PyTorch",
  normalize: "normalize.test.ts, by hand",
  reshape: "structure.test.ts, by hand",
  simpleRnn: "recurrent.test.ts, against PyTorch",
  residual: "containers.test.ts, by hand; networks.test.ts, as the sum it stands for",
};

describe("the table of layers", () => {
  it("has a row for every layer, or says where else it is checked", () => {
    const covered = new Set([...fixtures.map((fixture) => fixture.layer), ...Object.keys(elsewhere)]);
    expect([...covered].sort()).toEqual(layerKinds().sort());
  });

  it("has names that tell the rows apart", () => {
    const names = fixtures.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});
