export {
  type Architecture,
  type ArchitectureJson,
  architecture,
  architectureFromJson,
  architectureToJson,
  type InputDeclaration,
  type NetworkBody,
} from "./architecture.js";
export { type Initializer, initialize } from "./initializers.js";
export { defineLayer, layerFromJson } from "./layer.js";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softmax, tanh } from "./layers/activations.js";
export { conv1d, conv2d, convTranspose2d } from "./layers/conv.js";
export { dense, embedding } from "./layers/dense.js";
export { batchNorm, groupNorm, layerNorm } from "./layers/norm.js";
export { avgPool1d, avgPool2d, globalAvgPool, maxPool1d, maxPool2d, upsample } from "./layers/pool.js";
export type { Padding, PerAxis } from "./layers/shared.js";
export { add, concat, dropout, flatten, reshape, residual } from "./layers/structure.js";
export { binaryCrossEntropy, crossEntropy, huber, type Loss, mae, mse } from "./losses.js";
export { type AxisField, cellField, type ReceptiveField, receptiveField, type Span } from "./receptiveField.js";
export type { Call, InputSpec, Layer, LayerJson, LayerOptions, Noise, Parameter, Traced } from "./traced.js";
export type { LayerScope } from "./tracing.js";
