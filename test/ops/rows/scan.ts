import { constant, type Value } from "../../../src/graph/index.js";
import { add, addmm, matmul, mul, scan, sum, tanh } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";

type NdArray = reference.NdArray;

const plus = (a: NdArray, b: NdArray): NdArray => reference.zip((p = 0, q = 0) => p + q, a, b);
const times = (a: NdArray, b: NdArray): NdArray => reference.zip((p = 0, q = 0) => p * q, a, b);
const tanhOf = (a: NdArray): NdArray => reference.map(a, Math.tanh);
/** What x [time, ...] has at a time. */
function at({ shape: [time = 1, ...shape], data }: NdArray, t: number): NdArray {
  const length = data.length / time;
  return { shape, data: data.slice(t * length, (t + 1) * length) };
}

/** h_t = tanh(h_{t-1} W + x_t) for all t, and the last h. */
const recurrent = (reverse: boolean) => ({
  op: ({ h, x, w }: { h: Value; x: Value; w: Value }) => {
    const loop = scan({ states: [h], steps: [x], fixed: [w], reverse }, ([before], [step], [weight]) => {
      const next = tanh(add(matmul(before as Value, weight as Value), step as Value));
      return { states: [next], outputs: [next] };
    });
    return [...loop.outputs, ...loop.states];
  },
  ref: ({ h, x, w }: { h: NdArray; x: NdArray; w: NdArray }) => {
    const time = x.shape[0] as number;
    const data = new Float64Array(x.data.length);
    let state = h;
    for (let turn = 0; turn < time; turn++) {
      const t = reverse ? time - 1 - turn : turn;
      state = tanhOf(plus(reference.matmul(state, w), at(x, t)));
      data.set(state.data, t * state.data.length);
    }
    return [{ shape: x.shape, data }, state];
  },
});

export const scanRows = [
  opRow({
    name: "scan",
    inputs: { total: normal(["batch"]), x: normal([3, "batch"]) },
    op: ({ total, x }) =>
      scan({ states: [total], steps: [x] }, ([sum], [step]) => ({
        states: [add(sum as Value, step as Value)],
        outputs: [],
      })).states,
    ref: ({ total, x }) => plus(total, reference.sum(x, [0])),
  }),
  opRow({
    name: "scan: a product and its sum so far",
    inputs: { total: normal(["batch"]), x: normal([4, "batch"]), by: normal(["batch"]) },
    op: ({ total, x, by }) => {
      const loop = scan({ states: [total], steps: [x], fixed: [by] }, ([sum], [step], [factor]) => {
        const product = mul(step as Value, factor as Value);
        return { states: [add(sum as Value, product)], outputs: [product] };
      });
      return [...loop.outputs, ...loop.states];
    },
    ref: ({ total, x, by }) => {
      const products = times(x, by);
      return [products, plus(total, reference.sum(products, [0]))];
    },
  }),
  opRow({
    name: "scan: a recurrent layer",
    inputs: { h: normal(["batch", 2]), x: normal([3, "batch", 2]), w: normal([2, 2]) },
    ...recurrent(false),
  }),
  opRow({
    name: "scan: backwards",
    inputs: { h: normal(["batch", 2]), x: normal([3, "batch", 2]), w: normal([2, 2]) },
    ...recurrent(true),
  }),
  opRow({
    name: "scan: a sum of products, the matrix first",
    inputs: { h: normal([2, "batch"]), x: normal([3, 2, "batch"]), w: normal([2, 2]) },
    op: ({ h, x, w }) =>
      scan({ states: [h], steps: [x], fixed: [w] }, ([before], [step], [weight]) => ({
        states: [tanh(addmm(step as Value, weight as Value, before as Value))],
        outputs: [],
      })).states,
    ref: ({ h, x, w }) => {
      let state = h;
      for (let t = 0; t < 3; t++) state = tanhOf(plus(reference.matmul(w, state), at(x, t)));
      return state;
    },
  }),
  opRow({
    name: "scan: a loop in a loop, whose own steps are always the same",
    inputs: { total: normal(["batch"]), x: normal([3, "batch"]) },
    op: ({ total, x }) =>
      scan({ states: [total], steps: [x] }, ([before], [step]) => {
        const inner = scan(
          { states: [constant([0.5])], steps: [constant([1, 2, 3], [3, 1])], fixed: [step as Value] },
          ([power], [by], [factor]) => ({
            states: [mul(power as Value, by as Value)],
            outputs: [mul(mul(power as Value, by as Value), factor as Value)],
          }),
        );
        return { states: [add(before as Value, sum(inner.outputs[0] as Value, 0))], outputs: [] };
      }).states,
    // 0.5 + 1 + 3 times each number.
    ref: ({ total, x }) =>
      plus(
        total,
        reference.map(reference.sum(x, [0]), (sum) => 4.5 * sum),
      ),
  }),
  opRow({
    name: "scan: a weight used twice",
    inputs: { h: normal(["batch", 2]), x: normal([3, "batch", 2]), w: normal([2, 2]) },
    op: ({ h, x, w }) =>
      scan({ states: [h], steps: [x], fixed: [w] }, ([before], [step], [weight]) => {
        const once = matmul(before as Value, weight as Value);
        return { states: [tanh(add(matmul(tanh(once), weight as Value), step as Value))], outputs: [] };
      }).states,
    ref: ({ h, x, w }) => {
      let state = h;
      for (let t = 0; t < 3; t++)
        state = tanhOf(plus(reference.matmul(tanhOf(reference.matmul(state, w)), w), at(x, t)));
      return state;
    },
  }),
];
