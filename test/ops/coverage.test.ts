import { describe, expect, it } from "vitest";
import { nodesOf, opNames } from "../../src/graph/index.js";
import "../../src/ops/index.js";
import type { OpRow } from "./row.js";
import { allRows } from "./rows/index.js";
import { traceRow } from "./trace.js";

describe("every primitive op", () => {
  it("has a row of its own: a graph of that op alone", () => {
    const covered = allRows.map(onlyOp);
    const missing = opNames().filter((name) => !covered.includes(name));
    expect(missing, "ops without a row in test/ops/rows").toEqual([]);
  });

  it("has rows with names that tell them apart", () => {
    const names = allRows.map((row) => row.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

/** The one op of a row, leaves aside; undefined for a row of several. */
function onlyOp(row: OpRow): string | undefined {
  const ops = new Set(nodesOf(traceRow(row).y).map((node) => node.op.name));
  for (const leaf of ["input", "constant"]) if (ops.size > 1) ops.delete(leaf);
  return ops.size === 1 ? [...ops][0] : undefined;
}
