import type { InferenceSession } from "onnxruntime-common";
import { EngineError } from "../base/errors.js";
import { type Engine, type LoadOptions, type Ort, ortEngine } from "../runtime/index.js";
import { channelBlock } from "./blocked.js";
import { loadBlocked } from "./blockedProgram.js";
import { stopWords, writingInPlace } from "./inPlace.js";
import { skippedInTraining } from "./skippedOptimizers.js";

export interface NodeEngineOptions {
  /** Threads for one op; defaults to ORT's choice, the number of physical cores. */
  readonly threads?: number;
}

/** ONNX Runtime's own CPU engine: the `onnxruntime-node` package. Throws an EngineError where it is not installed. */
export async function nativeEngine(options: NodeEngineOptions = {}): Promise<Engine> {
  const ort = await (import("onnxruntime-node") as Promise<Ort>).catch((cause: unknown) => {
    throw new EngineError("onnxruntime-node is not installed or does not load. Run: npm install onnxruntime-node", {
      cause,
    });
  });
  const settings = {
    name: `onnxruntime-node ${ort.env.versions.node} (cpu)`,
    writesInPlace: true,
    sessionOptions: sessionOptions(options),
  };
  const engine = ortEngine(ort, settings);
  return {
    ...engine,
    load: async (model, load) => {
      if (load.purpose !== "training") return engine.load(model, load);
      probed ??= Promise.all([channelBlock(ort), stopWords(ort)]);
      const [block, words] = await probed;
      const training = words === undefined ? engine : ortEngine(writingInPlace(ort, model, words), settings);
      if (block === undefined) return training.load(model, load);
      return loadBlocked(training, model, load, block);
    },
  };
}

/** What this processor and this build of ORT can do, asked once. */
let probed: Promise<[block: number | undefined, stopWords: string | undefined]> | undefined;

/** ONNX Runtime as WebAssembly, in Node: runs everywhere, several times slower than the native engine. */
export async function wasmEngine(options: NodeEngineOptions = {}): Promise<Engine> {
  const ort: Ort = await import("onnxruntime-web");
  if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
  return ortEngine(ort, {
    name: `onnxruntime-web ${ort.env.versions.web} (WebAssembly)`,
    writesInPlace: false,
    sessionOptions: sessionOptions(options),
  });
}

/**
 * The native engine, or WebAssembly with one line on standard error that says so.
 * @param native how the native engine is loaded
 */
export async function nodeEngine(native: () => Promise<Engine> = nativeEngine): Promise<Engine> {
  try {
    return await native();
  } catch (error) {
    const { cause } = error as Error;
    const why = cause instanceof Error ? ` (${cause.message.split("\n")[0]})` : "";
    process.stderr.write(
      `midst: onnxruntime-node is missing or does not load${why}, using WebAssembly, which is slower. For native speed: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node\n`,
    );
    return wasmEngine();
  }
}

/**
 * "extended" fuses transposes into matrix products, which training gains from; what "all" adds is for constant weights.
 * In training, threads stop spinning when a run ends, so that two live programs do not fight over the cores. In
 * inference they stay awake for a while: a call of 50 microseconds would wait as long again for them to wake.
 */
const sessionOptions =
  ({ threads }: NodeEngineOptions) =>
  ({ purpose }: LoadOptions): InferenceSession.SessionOptions => ({
    graphOptimizationLevel: purpose === "training" ? "extended" : "all",
    enableMemPattern: false,
    executionMode: "sequential",
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
    ...(purpose === "training" && {
      extra: {
        session: { force_spinning_stop: "1" },
        optimization: { disable_specified_optimizers: skippedInTraining },
      },
    }),
  });
