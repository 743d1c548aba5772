import type { Tensor } from "../base/tensor.js";
import type { Architecture, Traced } from "../nn/index.js";
import { lower, type OnnxModel } from "../onnx/index.js";

/** What of a network goes into a file for inference. */
interface Exportable {
  readonly architecture: Architecture;
  readonly weights: ReadonlyMap<string, Tensor>;
  traced(training: boolean): Traced;
}

/** A network for inference as ONNX, its weights inside; the batch size stays symbolic. */
export function bakedModel(net: Exportable, metadata: Readonly<Record<string, string>> = {}): OnnxModel {
  const { inputs, outputs, parameters } = net.traced(false);
  const values = Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
  return lower(
    { inputs: { ...inputs, ...values }, outputs },
    {
      weights: Object.fromEntries(net.weights),
      metadata,
      operators: true,
    },
  );
}
