import { EngineError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { ValueType } from "../graph/index.js";
import type { OnnxModel } from "../onnx/index.js";

export type Tensors = Readonly<Record<string, Tensor>>;

/** A graph made ready to run by an engine. */
export interface Program {
  readonly inputs: Readonly<Record<string, ValueType>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  /**
   * Runs once.
   * @param inputs one tensor per input
   * @param into tensors the engine may write outputs to; whether it did shows in the result, which holds them then
   * @returns one tensor per output
   */
  run(inputs: Tensors, into?: Tensors): Promise<Tensors>;
}

/** What the graph is for, so that an engine can choose its settings. */
export interface LoadOptions {
  /** "training": many long runs in a row. "inference": runs with pauses between; weights are constants. */
  readonly purpose: "training" | "inference";
  /** What symbolic lengths will be in most runs, e.g. `{ batch: 32 }`: an engine may prepare for that. */
  readonly lengths?: Readonly<Record<string, number>>;
}

/** Something that runs ONNX files. */
export interface Engine {
  /** E.g. `onnxruntime-node 1.30.0 (cpu)`. */
  readonly name: string;
  load(model: OnnxModel, options: LoadOptions): Promise<Program>;
}

let makeDefault: (() => Promise<Engine>) | undefined;
let current: Promise<Engine> | undefined;

/** Called once by the host binding (Node or the page): how to get this host's best engine. */
export function registerDefaultEngine(make: () => Promise<Engine>): void {
  makeDefault = make;
}

/** The engine used where none is given; made on first use. */
export function defaultEngine(): Promise<Engine> {
  if (current === undefined) {
    if (makeDefault === undefined)
      throw new EngineError('no engine is registered. Import "midst" (not its inner files), or pass an engine.');
    current = makeDefault();
  }
  return current;
}

/** Uses this engine from now on wherever none is given. */
export function useEngine(engine: Engine): void {
  current = Promise.resolve(engine);
}
