import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { isStatic, resolveShape } from "../../src/base/shape.js";
import type { Tensor } from "../../src/base/tensor.js";
import { isBody, type Node, nodesOf, type Value } from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import { array, type NdArray } from "../reference/index.js";
import { expectClose } from "../support/close.js";
import { nodesIn } from "../support/model.js";
import { strictSession, type Tensors } from "../support/session.js";
import { drawTensor, normal } from "./inputs.js";
import { gradientAt, slopeGradientAt, slopes } from "./numeric.js";
import { byName, type Named, type OpRow } from "./row.js";
import { type TracedRow, traceRow } from "./trace.js";

/** One test per row. */
export function describeRows(family: string, rows: readonly OpRow[]): void {
  describe(family, () => {
    for (const row of rows) it(row.name, () => checkRow(row));
  });
}

/** Relative to the largest element. A float32 is good to 6e-8; the rest is what sums of products lose of it. */
const tolerance = { value: 2e-6, gradient: 1e-5, second: 2e-5 };

/** The sizes that "batch" takes with one compiled program. */
const batchSizes = [3, 2];

/** Derivatives are checked at every element of an input, or at this many of them. */
const mostPlaces = 40;

/**
 * Checks everything midst says of an op, on one row:
 * - its type rule: ONNX Runtime's own shapes and dtypes are the promised ones, under strict inference;
 * - its values, against `ref`;
 * - its gradient, computed in float32, against central differences of `ref` in float64;
 * - the gradient of its gradient (by the inputs and by the cotangents), against second differences of `ref`;
 * - all of this at two batch sizes with one compiled program, where an input has an axis "batch";
 * - the names of the ONNX nodes: each says its layer and op.
 */
export async function checkRow(row: OpRow): Promise<void> {
  const traced = traceRow(row);
  const { bytes } = lower(traced.graph);
  checkNames(traced, bytes);
  const run = await strictSession(bytes);
  const symbolic = Object.values(row.inputs).some(({ shape }) => !isStatic(shape));
  for (const batch of symbolic ? batchSizes : [1]) {
    const feeds = draw(row, traced, batch);
    const results = await run(feeds);
    const x = byName(Object.keys(row.inputs), (name) => arrayOf(feeds, name));
    checkValues(row, traced, x, results, batch);
    if (traced.wrt.length > 0) checkDerivatives(row, traced, x, feeds, results);
  }
}

/** These nodes, and those in their bodies: what is the same in every turn of a loop is worked out outside of it. */
const withBodies = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap((node) => [
    node,
    ...Object.values(node.attrs)
      .filter(isBody)
      .flatMap(({ inputs, outputs }) => withBodies(nodesOf(outputs, inputs))),
  ]);

/** Each ONNX node is named `layer/op`, `gradient/layer/op`, ..., numbered where there are several. */
function checkNames({ graph }: TracedRow, bytes: Uint8Array): void {
  const ops = withBodies(nodesOf(Object.values(graph.outputs))).map(({ scope, op }) =>
    scope === "" ? op.name : `${scope}/${op.name}`,
  );
  const allowed = new Set([...ops, ...Object.keys(graph.outputs).map((name) => `output/${name}`)]);
  const names = nodesIn(bytes).map((node) => node.name);
  for (const name of names) expect(allowed, `the ONNX node "${name}"`).toContain(name.replace(/_\d+$/, ""));
  expect(new Set(names).size, "ONNX node names are unique").toBe(names.length);
}

function draw(row: OpRow, { graph }: TracedRow, batch: number): Tensors {
  return byName(Object.keys(graph.inputs), (name) => {
    const spec = row.inputs[name] ?? normal((graph.inputs[name] as Value).shape);
    return drawTensor(spec, random(batch, `${row.name}: ${name}`), batch);
  });
}

const arrayOf = (tensors: Tensors, name: string): NdArray => {
  const { data, shape } = tensors[name] as Tensor;
  return array(data, shape);
};

function checkValues(row: OpRow, { y }: TracedRow, x: Named<NdArray>, results: Tensors, batch: number): void {
  const expected = row.ref(x);
  expect(y.length, "number of outputs").toBe(expected.length);
  y.forEach((value, i) => {
    const got = results[`y ${i}`] as Tensor;
    expect(got.dtype, `dtype of y ${i}`).toBe(value.dtype);
    expect(got.shape, `shape of y ${i}`).toEqual(resolveShape(value.shape, { batch }));
    expectClose(`y ${i}`, got, expected[i] as NdArray, tolerance.value);
  });
}

function checkDerivatives(row: OpRow, traced: TracedRow, x: Named<NdArray>, feeds: Tensors, results: Tensors): void {
  const { wrt, differentiated } = traced;
  const cotangents = differentiated.map((i) => arrayOf(feeds, `cotangent ${i}`));
  const moving = wrt.filter((name) => !row.noGradient.includes(name));
  const direction = byName(moving, (name) => arrayOf(feeds, `direction ${name}`));
  const outputs = (given: Named<NdArray>) => {
    const y = row.ref(given);
    return differentiated.map((i) => y[i] as NdArray);
  };
  const loss = (given: Named<NdArray>) =>
    outputs(given).reduce((total, y, i) => total + inner(y, cotangents[i] as NdArray), 0);

  const compare = (
    output: string,
    like: NdArray,
    places: readonly number[],
    expected: readonly number[],
    within: number,
  ) => {
    const got = results[output] as Tensor;
    expect(got.shape, `shape of ${output}`).toEqual(like.shape);
    expectClose(output, array(places.map((i) => got.data[i] as number)), array(expected), within);
  };
  for (const name of wrt) {
    const at = x[name] as NdArray;
    const places = pick(at.data.length, name);
    const still = places.map(() => 0);
    const first = moving.includes(name) ? gradientAt(loss, x, name, places) : still;
    compare(`gradient ${name}`, at, places, first, tolerance.gradient);
    const second = moving.includes(name) ? slopeGradientAt(loss, x, direction, name, places) : still;
    compare(`second ${name}`, at, places, second, tolerance.second);
  }
  slopes(outputs, x, direction).forEach((slope, i) => {
    const output = `second cotangent ${differentiated[i]}`;
    expectClose(output, results[output] as Tensor, slope, tolerance.second);
  });
}

const inner = (a: NdArray, b: NdArray): number =>
  a.data.reduce((total, value, i) => total + value * (b.data[i] as number), 0);

/** Positions among `count`: all of them, or a random choice. */
const pick = (count: number, name: string): number[] =>
  Array.from(random(1, name).permutation(count)).slice(0, mostPlaces);
