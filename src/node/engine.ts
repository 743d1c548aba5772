import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { TypedArray } from "../base/dtype.js";
import { EngineError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { OnnxModel } from "../onnx/index.js";
import type { Engine, LoadOptions, Program, Tensors } from "../runtime/engine.js";

type Ort = typeof import("onnxruntime-common");

export interface NodeEngineOptions {
  /** Threads for one op; defaults to ORT's choice, the number of physical cores. */
  readonly threads?: number;
}

/** ONNX Runtime's own CPU engine: the `onnxruntime-node` package. Throws an EngineError where it is not installed. */
export async function nativeEngine(options: NodeEngineOptions = {}): Promise<Engine> {
  let ort: Ort;
  try {
    ort = (await import("onnxruntime-node")) as unknown as Ort;
  } catch (cause) {
    throw new EngineError("onnxruntime-node is not installed or does not load. Run: npm install onnxruntime-node", {
      cause,
    });
  }
  return ortEngine(ort, `onnxruntime-node ${ort.env.versions.node} (cpu)`, { ...options, writesInPlace: true });
}

/** ONNX Runtime as WebAssembly, in Node: runs everywhere, several times slower than the native engine. */
export async function wasmEngine(options: NodeEngineOptions = {}): Promise<Engine> {
  const ort = (await import("onnxruntime-web")) as unknown as Ort;
  if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
  return ortEngine(ort, `onnxruntime-web ${ort.env.versions.web} (WebAssembly)`, { ...options, writesInPlace: false });
}

/** The native engine, or WebAssembly with one line on standard error that says so. */
export async function nodeEngine(): Promise<Engine> {
  try {
    return await nativeEngine();
  } catch {
    process.stderr.write(
      "midst: onnxruntime-node is missing, using WebAssembly, which is slower. For native speed: npm install onnxruntime-node\n",
    );
    return wasmEngine();
  }
}

interface OrtOptions extends NodeEngineOptions {
  /** Whether tensors given for outputs are written to (not so in WebAssembly). */
  readonly writesInPlace: boolean;
}

function ortEngine(ort: Ort, name: string, options: OrtOptions): Engine {
  return {
    name,
    load: async (model, load) => {
      const settings = sessionOptions(load, options);
      const session = await ort.InferenceSession.create(model.bytes, settings).catch((cause: unknown) => {
        throw new EngineError(`refused the graph: ${cause instanceof Error ? cause.message : cause}`, {
          place: name,
          cause,
        });
      });
      return new OrtProgram(ort, session, model, options.writesInPlace);
    },
  };
}

/**
 * Training graphs gain nothing past "basic" optimisation; inference graphs are fused and re-laid out. Threads spin
 * while a run lasts, and stop when it ends, so that two live programs do not fight over the cores.
 */
function sessionOptions({ purpose }: LoadOptions, { threads }: OrtOptions): InferenceSession.SessionOptions {
  return {
    graphOptimizationLevel: purpose === "training" ? "basic" : "all",
    enableMemPattern: false,
    executionMode: "sequential",
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
    extra: { session: { force_spinning_stop: "1" } },
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
    const fetched = await this.session.run(feeds, fetches);
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
