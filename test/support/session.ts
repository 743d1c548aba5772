import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType, TypedArray } from "../../src/base/dtype.js";
import type { Tensor } from "../../src/base/tensor.js";

export type Tensors = Readonly<Record<string, Tensor>>;
export type RunSession = (feeds: Tensors) => Promise<Record<string, Tensor>>;

/**
 * An ONNX file loaded by ONNX Runtime itself, past midst's engine, with strict inference of shapes and types: a file
 * whose declared outputs are not what its nodes make is refused. The tensors that come back carry the shape and
 * dtype that ONNX Runtime gives them, not those midst expects.
 */
export async function strictSession(bytes: Uint8Array): Promise<RunSession> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    extra: { session: { strict_shape_type_inference: "1" } },
  });
  return async (feeds) => {
    const given = Object.entries(feeds).map(([name, t]) => [name, new OrtTensor(t.dtype, t.data as never, t.shape)]);
    const fetched = await session.run(Object.fromEntries(given) as Record<string, OrtTensor>);
    return Object.fromEntries(
      Object.entries(fetched).map(([name, { type, dims, data }]) => [
        name,
        { dtype: type as DType, shape: dims, data: data as TypedArray } as Tensor,
      ]),
    );
  };
}
