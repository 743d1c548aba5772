import { apply, defineOp, pointwise, type Value } from "../graph/index.js";

const barrierOp = defineOp({
  name: "barrier",
  window: pointwise,
  type: ([x]) => x as Value,
  gradient: ({ dy: [dy] }) => [dy],
  // A reshape to the shape there is (zeros), which moves no numbers; the zeros come from the sizes of what is waited for.
  lower: (emit, [x, ...signals], { outputs: [y] }) => {
    const { length: rank } = (y as Value).shape;
    const zeros = emit.constant(new Array<number>(rank).fill(0), "int64");
    const shape = signals.reduce((product, name) => emit.node("Mul", [product, emit.node("Size", [name])]), zeros);
    return emit.node("Reshape", [x as string, shape]);
  },
});

/** x, but for the engine a value that is there only when all `signals` are. */
export const barrier = (x: Value, signals: readonly Value[]): Value =>
  signals.length === 0 ? x : apply(barrierOp, [x, ...signals], {});
