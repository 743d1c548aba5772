import "#host";

export { gradients } from "./autodiff/index.js";
export {
  DataError,
  EngineError,
  FormatError,
  MidstError,
  NumericError,
  OptionError,
  ShapeError,
} from "./base/errors.js";
export { type Random, random } from "./base/random.js";
export { type Tensor, tensor, zeros } from "./base/tensor.js";
export { type Batch, type Dataset, dataset, folds, split, subset } from "./data/index.js";
export { constant, input, printGraph, type Value } from "./graph/index.js";
export {
  add,
  avgPool1d,
  avgPool2d,
  batchNorm,
  binaryCrossEntropy,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  crossEntropy,
  defineLayer,
  dense,
  dropout,
  elu,
  embedding,
  flatten,
  gelu,
  globalAvgPool,
  groupNorm,
  huber,
  type Initializer,
  type Layer,
  type Loss,
  layerNorm,
  leakyRelu,
  mae,
  maxPool1d,
  maxPool2d,
  mse,
  type Padding,
  relu,
  reshape,
  residual,
  sigmoid,
  silu,
  softmax,
  tanh,
  upsample,
} from "./nn/index.js";
export { adam, adamW, cosine, type Optimizer, rmsprop, type Schedule, sgd } from "./optim/index.js";
export { type Engine, Network, network, type Program, run, sequential, useEngine } from "./runtime/index.js";
export {
  accuracy,
  ConfusionMatrix,
  type EpochRecord,
  evaluate,
  f1,
  fit,
  loadBytes,
  type Metric,
  meanAbsoluteError,
  precision,
  type Run,
  recall,
  rocAuc,
  rSquared,
  saveBytes,
  topK,
} from "./train/index.js";
