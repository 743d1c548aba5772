import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { TypedArray } from "../base/dtype.js";
import { EngineError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { OnnxModel } from "../onnx/index.js";
import type { Engine, LoadOptions, Program, Tensors } from "./engine.js";

/** ONNX Runtime's JavaScript interface, the same in Node and in a page. */
export type Ort = Pick<typeof import("onnxruntime-common"), "InferenceSession" | "Tensor" | "env">;

export interface OrtEngineOptions {
  readonly name: string;
  /** Whether tensors given for outputs are written to; WebAssembly silently does not. */
  readonly writesInPlace: boolean;
  readonly sessionOptions: (load: LoadOptions) => InferenceSession.SessionOptions;
}

/** An engine on a binding of ONNX Runtime that a host has loaded. */
export function ortEngine(ort: Ort, { name, writesInPlace, sessionOptions }: OrtEngineOptions): Engine {
  return {
    name,
    load: async (model, load) => {
      const session = await ort.InferenceSession.create(model.bytes, sessionOptions(load)).catch((cause: unknown) => {
        throw new EngineError(`refused the graph: ${messageOf(cause)}`, {
          place: name,
          cause,
        });
      });
      return new OrtProgram(ort, session, model, writesInPlace);
    },
  };
}

class OrtProgram implements Program {
  readonly inputs: OnnxModel["inputs"];
  readonly outputs: OnnxModel["outputs"];
  private readonly outputNames: readonly string[];
  /** ORT's view of a tensor; as long-lived as the tensor itself. */
  private readonly views = new WeakMap<Tensor, OrtTensor>();

  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    model: OnnxModel,
    private readonly writesInPlace: boolean,
  ) {
    this.inputs = model.inputs;
    this.outputs = model.outputs;
    this.outputNames = Object.keys(model.outputs);
  }

  async run(inputs: Tensors, into: Tensors = {}): Promise<Tensors> {
    const feeds: Record<string, OrtTensor> = {};
    for (const name in this.inputs) {
      const given = inputs[name];
      if (given === undefined) throw new EngineError(`the input "${name}" is not given.`, { place: name });
      feeds[name] = this.view(given);
    }
    const fetches: Record<string, OrtTensor | null> = {};
    for (const name of this.outputNames) {
      const target = this.writesInPlace ? into[name] : undefined;
      fetches[name] = target === undefined ? null : this.view(target);
    }
    const fetched = await this.session.run(feeds, fetches).catch((cause: unknown) => {
      throw new EngineError(`could not run the graph: ${messageOf(cause)}`, { cause });
    });
    const results: Record<string, Tensor> = {};
    for (const name of this.outputNames) {
      const target = this.writesInPlace ? into[name] : undefined;
      results[name] = target ?? this.read(name, fetched[name] as OrtTensor);
    }
    return results;
  }

  private view(tensor: Tensor): OrtTensor {
    let view = this.views.get(tensor);
    if (view === undefined) {
      view = new this.ort.Tensor(tensor.dtype, tensor.data as never, tensor.shape as number[]);
      this.views.set(tensor, view);
    }
    return view;
  }

  private read(name: string, { data, dims }: OrtTensor): Tensor {
    const { dtype } = this.outputs[name] as { dtype: Tensor["dtype"] };
    return { dtype, shape: dims, data: data as TypedArray } as Tensor;
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
