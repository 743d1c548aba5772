import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { inputOp, type Window } from "../../src/graph/index.js";
import { array, eachIndex, type NdArray } from "../reference/index.js";
import { drawTensor, type Input } from "./inputs.js";
import { byName, type Named, type OpRow } from "./row.js";
import { allRows } from "./rows/index.js";
import { traceRow } from "./trace.js";

// What ops say of themselves beside their rules, held against the references: the range of their results, that they
// only reshape, and their windows, that is, where an output looks.

/** The rows of one op applied to inputs, with that op's node and the inputs as arrays, for a batch of 2. */
const rowsOfOneOp = allRows.flatMap((row) => {
  const node = traceRow(row).y[0]?.node;
  if (node === undefined || node.inputs.some((value) => value.node.op !== inputOp)) return [];
  const x = byName(Object.keys(row.inputs), (name) => {
    const { data, shape } = drawTensor(row.inputs[name] as Input, random(3, name), 2);
    return array(data, shape);
  });
  const first = node.inputs[0]?.node.attrs.name as string | undefined;
  return [{ row, node, x, first }];
});

const result = (row: OpRow, x: Named<NdArray>): NdArray => row.ref(x)[0] as NdArray;

describe("no result leaves the op's range", () => {
  for (const { row, node, x } of rowsOfOneOp) {
    const { range } = node.op;
    if (range === undefined) continue;
    it(row.name, () => {
      const { data } = result(row, x);
      expect(Math.min(...data)).toBeGreaterThanOrEqual(range[0]);
      expect(Math.max(...data)).toBeLessThanOrEqual(range[1]);
    });
  }
});

describe("an op that only reshapes keeps its elements in order", () => {
  for (const { row, node, x, first } of rowsOfOneOp) {
    if (node.op.onlyReshapes !== true) continue;
    it(row.name, () => expect(result(row, x).data).toEqual(x[first as string]?.data));
  }
});

describe("an output sees its window, and nothing else", () => {
  for (const { row, node, x, first } of rowsOfOneOp) {
    const windows = node.op.window?.(node) ?? [];
    const from = x[first as string];
    if (from === undefined || windows.length === 0 || from.shape.length !== windows.length + 2) continue;
    it(row.name, () => checkWindows(row, windows, x, first as string));
  }
});

/**
 * Pokes each element of the first picture, and sees which outputs change: none whose window does not hold it, and
 * along each axis some at either end of their window.
 */
function checkWindows(row: OpRow, windows: readonly Window[], x: Named<NdArray>, first: string): void {
  const from = x[first] as NdArray;
  const before = result(row, x);
  const picture = from.shape.slice(1);

  const seen = windows.map((): [position: number, place: number][] => []);
  eachIndex(picture, ([, ...place], flat) => {
    const data = from.data.with(flat, (from.data[flat] as number) + 100);
    const after = result(row, { ...x, [first]: { ...from, data } });
    eachIndex(before.shape, ([, , ...position], i) => {
      if (!Object.is(before.data[i], after.data[i]))
        windows.forEach((_, axis) => {
          seen[axis]?.push([position[axis] as number, place[axis] as number]);
        });
    });
  });

  windows.forEach(({ span, jump, start }, axis) => {
    const [inputs, outputs] = [from.shape[axis + 2] as number, before.shape[axis + 2] as number];
    // Broadcasting reads an axis of length 1 from everywhere.
    if (inputs === 1 && outputs > 1) return;
    const begins = (position: number) => jump * position + start;
    const ends = (position: number) => begins(position) + span - 1;
    const told = `along axis ${axis + 2}`;
    for (const [position, place] of seen[axis] ?? []) {
      expect(place, `${told} output ${position} sees`).toBeGreaterThanOrEqual(begins(position));
      expect(place, `${told} output ${position} sees`).toBeLessThanOrEqual(ends(position));
    }
    for (const end of [begins, ends]) {
      const positions = Array.from({ length: outputs }, (_, position) => position);
      if (!positions.some((p) => Number.isInteger(end(p)) && end(p) >= 0 && end(p) < inputs)) continue;
      const reached = seen[axis]?.some(([position, place]) => place === end(position));
      expect(reached, `${told} some output sees to the ${end === ends ? "end" : "beginning"} of its window`).toBe(true);
    }
  });
}
