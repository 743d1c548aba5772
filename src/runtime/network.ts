import { OptionError, ShapeError } from "../base/errors.js";
import { checkOptions, nearest } from "../base/options.js";
import { random } from "../base/random.js";
import { countOf, formatShape, resolveShape } from "../base/shape.js";
import { type Tensor, tensor, zeros } from "../base/tensor.js";
import type { Encoding } from "../data/index.js";
import {
  type Architecture,
  type ArchitectureJson,
  architecture,
  architectureToJson,
  checkLayers,
  type InputDeclaration,
  initialize,
  type Layer,
  type NetworkBody,
  type Traced,
  type TraceOptions,
} from "../nn/index.js";
import { defaultEngine, type Engine, type Program, type Tensors } from "./engine.js";
import { bakedModel } from "./export.js";
import { checkPositions, countRows, type Example, type Examples, inputsOf, isTensor } from "./inputs.js";
import { concatRows, rowsOf } from "./rows.js";
import { summary } from "./summary.js";

export interface NetworkOptions {
  /** Of the initial weights; defaults to 0. */
  readonly seed?: number;
  /** What runs it; defaults to the host's best engine. */
  readonly engine?: Engine;
}

/**
 * A network: an architecture with weights, ready to predict. Made by `sequential` or `network`; trained by `fit`.
 * It holds plain arrays only: there is nothing to dispose of.
 */
export class Network {
  /** How raw data is encoded for this network; set by `fit` from its data, saved with the weights. */
  encoding: Encoding | undefined;
  private readonly traces = new Map<string, Traced>();
  private current: Map<string, Tensor> | undefined;
  private predictor: Promise<Program> | undefined;

  constructor(
    readonly architecture: Architecture,
    private readonly options: NetworkOptions = {},
  ) {
    checkOptions("network", options, ["seed", "engine"]);
    this.traced(false);
  }

  /**
   * The network as a graph; for training, dropout drops and batch norm uses the batch.
   * @throws OptionError for the name of a layer to freeze that the network does not have
   */
  traced(training: boolean, options: TraceOptions = {}): Traced {
    const key = JSON.stringify([training, options]);
    const known = this.traces.get(key) ?? this.architecture.trace(training, options);
    this.traces.set(key, known);
    return known;
  }

  /** Every weight by name, e.g. `conv2d_1.weight`; initialised from the seed on first use. */
  get weights(): ReadonlyMap<string, Tensor> {
    this.current ??= this.initialWeights();
    return this.current;
  }

  /**
   * Replaces weights by name; those not named stay. The tensors are kept, not copied.
   * @throws ShapeError for a name, shape or dtype that the network does not have
   */
  setWeights(weights: ReadonlyMap<string, Tensor>): void {
    const { parameters } = this.traced(false);
    for (const [name, { dtype, shape }] of weights) {
      const known = parameters.get(name);
      if (known === undefined) throw new ShapeError(noSuchWeight(name, [...parameters.keys()]), { place: name });
      if (dtype !== "float32" || known.shape.join() !== shape.join())
        throw new ShapeError(`expected float32${formatShape(known.shape)}, got ${dtype}${formatShape(shape)}.`, {
          place: name,
          expected: known.shape,
          actual: shape,
        });
    }
    const names = [...parameters.keys()];
    const before = names.every((name) => weights.has(name)) ? weights : this.weights;
    this.current = new Map(names.map((name) => [name, (weights.get(name) ?? before.get(name)) as Tensor]));
    this.predictor = undefined;
  }

  /** How many numbers the optimizer may change. */
  get parameterCount(): number {
    return [...this.traced(false).parameters.values()]
      .filter((p) => p.trainable)
      .reduce((total, { shape }) => total + countOf(shape), 0);
  }

  /** A table of the layers: output shapes, parameters, and how much of the input each sees. */
  summary(): string {
    return summary(this);
  }

  /** The engine that runs it. */
  engine(): Promise<Engine> {
    return this.options.engine ? Promise.resolve(this.options.engine) : defaultEngine();
  }

  /**
   * The outputs for a list of examples, one Float32Array each; or for a tensor `[batch, ...]` of them, a tensor; or,
   * for tensors by input name, tensors by output name. Of several outputs, the first two forms give the one called
   * "output", or else the first. Large batches are run in parts of 256 examples.
   * @throws ShapeError when an example does not have the input's shape, DataError for a token that embedding has not
   */
  async predict(examples: readonly Example[]): Promise<Float32Array[]>;
  async predict(input: Tensor): Promise<Tensor<"float32">>;
  async predict(inputs: Tensors): Promise<Record<string, Tensor<"float32">>>;
  async predict(given: Examples): Promise<Float32Array[] | Tensor<"float32"> | Record<string, Tensor<"float32">>> {
    const inputs = inputsOf(this.architecture.inputs, given);
    const rows = countRows(this.architecture.inputs, inputs);
    checkPositions(this.traced(false), inputs);
    const outputs = rows === 0 ? this.noRows() : await this.predictAll(inputs, rows);
    const output = outputs.output ?? (Object.values(outputs)[0] as Tensor<"float32">);
    if (!Array.isArray(given)) return isTensor(given) ? output : outputs;
    const length = countOf(output.shape.slice(1));
    return given.map((_, i) => output.data.slice(i * length, (i + 1) * length));
  }

  private async predictAll(inputs: Tensors, rows: number): Promise<Record<string, Tensor<"float32">>> {
    const predictor = this.predictor ?? this.makePredictor();
    this.predictor = predictor;
    const program = await predictor.catch((error: unknown) => {
      // The next call tries again.
      if (this.predictor === predictor) this.predictor = undefined;
      throw error;
    });
    const parts: Tensors[] = [];
    if (rows <= BATCH) parts.push(await program.run(inputs));
    else
      for (let start = 0; start < rows; start += BATCH) {
        const part = Object.entries(inputs).map(
          ([name, value]) => [name, rowsOf(value, start, start + BATCH)] as const,
        );
        parts.push(await program.run(Object.fromEntries(part)));
      }
    return (parts.length === 1 ? parts[0] : concatRows(parts)) as Record<string, Tensor<"float32">>;
  }

  /** The outputs for no examples: not every op of an engine runs on nothing. */
  private noRows(): Record<string, Tensor<"float32">> {
    const outputs = Object.entries(this.traced(false).outputs);
    return Object.fromEntries(
      outputs.map(([name, { shape, dtype }]) => [name, zeros(resolveShape(shape, { batch: 0 }), dtype)]),
    ) as Record<string, Tensor<"float32">>;
  }

  private async makePredictor(): Promise<Program> {
    return (await this.engine()).load(bakedModel(this), { purpose: "inference" });
  }

  private initialWeights(): Map<string, Tensor> {
    const { seed = 0 } = this.options;
    return new Map(
      [...this.traced(false).parameters].map(([name, { shape, initializer }]) => [
        name,
        tensor(initialize(initializer, shape, random(seed, name)), shape),
      ]),
    );
  }

  /** The architecture as plain JSON. */
  toJSON(): ArchitectureJson {
    return architectureToJson(this.architecture, this.traced(true));
  }
}

/** Rows in one run of `predict`. */
const BATCH = 256;

function noSuchWeight(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  const some = names.length > 8 ? `${names.slice(0, 8).join(", ")}, ... ${names.length} in all` : names.join(", ");
  return `the network has no such weight. ${guess === undefined ? `It has: ${some}.` : `Did you mean "${guess}"?`}`;
}

/** A network that is one layer after another. `input` is one example's shape, without the batch axis. */
export function sequential(
  { input, dtype = "float32", ...options }: { input: readonly number[]; dtype?: Tensor["dtype"] } & NetworkOptions,
  ...layers: Layer[]
): Network {
  if (input === undefined)
    throw new OptionError("begins with the input, e.g. sequential({ input: [3, 32, 32] }, ...).", {
      place: "sequential",
    });
  checkLayers("sequential", layers, 2);
  const body: NetworkBody = ({ input: x }) => layers.reduce((value, layer) => layer(value), x as NonNullable<typeof x>);
  return new Network(architecture({ input: { shape: input, dtype } }, body), options);
}

/**
 * A network as a function of values: skip connections, several inputs, several outputs.
 * `network({ image: [3, 32, 32] }, ({ image }) => dense(10)(flatten()(image)))`
 */
export function network<const I extends Readonly<Record<string, InputDeclaration>>>(
  inputs: I,
  body: (inputs: { [K in keyof I]: Parameters<Layer>[0] }) => ReturnType<NetworkBody>,
  options: NetworkOptions = {},
): Network {
  return new Network(architecture(inputs, body as NetworkBody), options);
}
