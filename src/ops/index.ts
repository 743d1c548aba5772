export { barrier } from "./barrier.js";
export { conv, convTranspose } from "./conv.js";
export type { ConvOptions } from "./convAttrs.js";
export {
  abs,
  add,
  clip,
  cos,
  div,
  erf,
  exp,
  floor,
  leakyRelu,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sin,
  size,
  sqrt,
  square,
  step,
  sub,
  tanh,
} from "./elementwise.js";
export { addmm, linear, matmul } from "./linear.js";
export { type LstmStep, lstmGates } from "./lstmGates.js";
export { type Axes, expand, reshape, squeeze, sum, sumTo, transpose, unsqueeze } from "./movement.js";
export { batchNorm, normalizeWith } from "./norm.js";
export { avgPool, maxPool, type PoolOptions, repeat } from "./pool.js";
export { logSoftmax, logSumExp, max, mean, min, softmax, variance } from "./reduce.js";
export { type ScanInputs, type Scanned, scan, type Turn } from "./scan.js";
export type { ScanOperator } from "./scanOperator.js";
export {
  cast,
  equal,
  gather,
  greater,
  greaterEqual,
  less,
  lessEqual,
  oneHot,
  scatterAdd,
  stopGradient,
  where,
} from "./select.js";
export { concat, pad, type Range, slice, split, zerosLike } from "./window.js";
