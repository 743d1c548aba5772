export { type Architecture, architecture, type InputDeclaration, type NetworkBody } from "./architecture.js";
export { type ArchitectureJson, architectureFromJson, architectureToJson } from "./architectureJson.js";
export { crossEntropy } from "./crossEntropy.js";
export { type Initializer, initialize } from "./initializers.js";
export { checkLayers, defineLayer, layerFromJson, layerKinds } from "./layer.js";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softmax, tanh } from "./layers/activations.js";
export { attention } from "./layers/attention.js";
export { block, checkpointed, residual } from "./layers/containers.js";
export { conv1d, conv2d, convTranspose2d } from "./layers/conv.js";
export { dense, embedding } from "./layers/dense.js";
export { batchNorm, groupNorm, layerNorm } from "./layers/norm.js";
export { normalize } from "./layers/normalize.js";
export { avgPool1d, avgPool2d, globalAvgPool, maxPool1d, maxPool2d, subsample, upsample } from "./layers/pool.js";
export {
  type GruOptions,
  gru,
  lstm,
  type RecurrentOptions,
  type SimpleRnnOptions,
  simpleRnn,
} from "./layers/recurrent.js";
export type { Padding, PerAxis } from "./layers/shared.js";
export { add, concat, dropout, flatten, permute, reshape } from "./layers/structure.js";
export { timePool } from "./layers/timePool.js";
export { positionalEncoding, transformerBlock } from "./layers/transformer.js";
export type { Loss } from "./loss.js";
export { binaryCrossEntropy, huber, mae, mse } from "./losses.js";
export {
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  type Objective,
  type SmoothingOptions,
  type WassersteinOptions,
  wasserstein,
} from "./objectives.js";
export { pinball } from "./pinball.js";
export {
  type AxisField,
  cellField,
  cellSpans,
  type ReceptiveField,
  receptiveField,
  type Span,
} from "./receptiveField.js";
export type { Call, InputSpec, Layer, LayerJson, LayerOptions, Memory, Noise, Parameter, Traced } from "./traced.js";
export type { LayerScope, TraceOptions } from "./tracing.js";
