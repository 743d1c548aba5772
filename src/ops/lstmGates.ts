import { type Dim, formatShape } from "../base/shape.js";
import { applyAll, defineOp, shapeError, type Value, type ValueType } from "../graph/index.js";
import { add, mul, sub } from "./elementwise.js";
import { concat, zerosLike } from "./window.js";

/** h, c', i, f, g, o, tanh c' and f c. */
type Eight = readonly [Value, Value, Value, Value, Value, Value, Value, Value];

const lstmGatesOp = defineOp({
  name: "lstmGates",
  type: ([z, c]) => {
    const [gates, cell] = [z as ValueType, c as ValueType];
    const [units, batch] = cell.shape as readonly [number, Dim];
    if (cell.shape.length !== 2 || gates.shape.length !== 2 || gates.shape[1] !== batch || gates.shape[0] !== 4 * units)
      throw shapeError(
        "lstmGates",
        `needs [4 * units, batch] and [units, batch], got ${formatShape(gates.shape)} and ${formatShape(cell.shape)}.`,
      );
    return Array.from({ length: 8 }, () => ({ dtype: cell.dtype, shape: cell.shape }));
  },
  // With as few passes as there can be, and as little kept: dz = dc' (u - u i), dc' (v - v f), dc' (i - u g), dh (h - h o)
  // with dc' = dc + dh (o - h t), t = tanh c', u = i g, v = f c, since s' = s - s^2 for a sigmoid and 1 - t^2 for tanh.
  gradient: ({ y, dy }) => {
    const [hidden, , input, forget, candidate, output, tanh, kept] = y as Eight;
    const [dh, dc, di, df, dg, dout, dt, dkept] = dy;
    const past = (whole: Value, gate: Value) => sub(whole, mul(whole, gate));
    const plus = (a: Value | undefined, b: Value | undefined): Value | undefined =>
      a === undefined ? b : b === undefined ? a : add(a, b);
    const added = mul(input, candidate);
    const through = dh && mul(dh, sub(output, mul(hidden, tanh)));
    const straight = dt && sub(dt, mul(dt, mul(tanh, tanh)));
    const cell = plus(plus(dc, through), straight) ?? zerosLike(hidden);
    const toKept = plus(cell, dkept) as Value;
    // Where somebody looks at a gate itself, its own gradient comes on top.
    const own = (d: Value | undefined, slope: Value) => d && mul(d, slope);
    const sloped = (s: Value) => past(s, s);
    const parts = [
      plus(mul(cell, past(added, input)), own(di, sloped(input))),
      plus(mul(toKept, past(kept, forget)), own(df, sloped(forget))),
      plus(mul(cell, sub(input, mul(added, candidate))), own(dg, sub(1, mul(candidate, candidate)))),
      plus(dh && mul(dh, past(hidden, output)), own(dout, sloped(output))) ?? zerosLike(hidden),
    ];
    return [concat(parts as Value[], 0), mul(toKept, forget)];
  },
  lower: (emit, [z, c], { outputs: [h] }) => {
    const units = h?.shape[0] as number;
    const parts = emit.nodes(
      "Split",
      [z as string, emit.constant([units, units, units, units], "int64")],
      { axis: 0 },
      4,
    );
    const [zi, zf, zg, zo] = parts as [string, string, string, string];
    const input = emit.node("Sigmoid", [zi]);
    const forget = emit.node("Sigmoid", [zf]);
    const candidate = emit.node("Tanh", [zg]);
    const output = emit.node("Sigmoid", [zo]);
    const added = emit.node("Mul", [input, candidate]);
    const kept = emit.node("Mul", [forget, c as string]);
    const cell = emit.node("Add", [kept, added]);
    const tanh = emit.node("Tanh", [cell]);
    return [emit.node("Mul", [output, tanh]), cell, input, forget, candidate, output, tanh, kept];
  },
});

/** What a step of an LSTM makes, each [units, batch]. */
export interface LstmStep {
  readonly h: Value;
  readonly cell: Value;
  readonly input: Value;
  readonly forget: Value;
  readonly candidate: Value;
  readonly output: Value;
}

/**
 * The gates of an LSTM (Hochreiter & Schmidhuber 1997, Gers et al. 2000) from their sums z [4 * units, batch], in the order
 * i, f, g, o, and the cell before: i, f, o = sigmoid, g = tanh, c' = f c + i g, h = o tanh(c').
 */
export function lstmGates(z: Value, before: Value): LstmStep {
  const [h, cell, input, forget, candidate, output] = applyAll(lstmGatesOp, [z, before], {}) as Value[];
  return { h, cell, input, forget, candidate, output } as LstmStep;
}
