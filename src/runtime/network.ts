import { OptionError, ShapeError } from "../base/errors.js";
import { once } from "../base/once.js";
import { checkOptions, nearest } from "../base/options.js";
import { random } from "../base/random.js";
import { countOf, formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
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
import { checkPositions, countRows, type Example, type Examples, inputsOf, outputsAs } from "./inputs.js";
import { concatRows, noRows, rowsOf } from "./rows.js";
import { Session } from "./session.js";
import { summary } from "./summary.js";

export interface NetworkOptions {
  /** Of the initial weights; defaults to 0. */
  readonly seed?: number;
  /** What runs it; defaults to the host's best engine. */
  readonly engine?: Engine;
}

/** What the same network has in common for inputs of all shapes. */
interface Common {
  weights?: Map<string, Tensor>;
  encoding?: Encoding | undefined;
  /** The networks last asked for, at most `SHAPES`, the latest last: each holds a program with the weights inside. */
  readonly shapes: Map<string, Network>;
}

/**
 * A network: an architecture with weights, ready to predict. Made by `sequential` or `network`; trained by `fit`.
 * It holds plain arrays only: there is nothing to dispose of.
 */
export class Network {
  private readonly traces = new Map<string, Traced>();
  private predictor:
    | { readonly weights: ReadonlyMap<string, Tensor>; readonly program: () => Promise<Program> }
    | undefined;

  constructor(
    readonly architecture: Architecture,
    private readonly options: NetworkOptions = {},
    private readonly common: Common = { shapes: new Map() },
  ) {
    checkOptions("network", options, ["seed", "engine"]);
    this.traced(false);
  }

  /** How raw data is encoded for this network; set by `fit` from its data, saved with the weights. */
  get encoding(): Encoding | undefined {
    return this.common.encoding;
  }

  set encoding(encoding: Encoding | undefined) {
    this.common.encoding = encoding;
  }

  /**
   * The network for inputs of other shapes, e.g. of another number of time steps: `net.at({ input: [1, 64] })`. Inputs not
   * named keep theirs. The weights are the same ones: to train one is to train the other.
   * @throws ShapeError when a weight would have another shape
   * @throws OptionError for an input that the network does not have
   */
  at(shapes: Readonly<Record<string, readonly number[]>>): Network {
    const architecture = this.architecture.at(shapes);
    const key = JSON.stringify(architecture.inputs);
    const { shapes: known } = this.common;
    if (key === JSON.stringify(this.architecture.inputs)) return this;
    const net = known.get(key) ?? new Network(architecture, this.options, this.common);
    const mine = this.traced(false).parameters;
    for (const [name, { shape }] of net.traced(false).parameters) {
      const expected = mine.get(name)?.shape ?? [];
      if (shape.join() === expected.join()) continue;
      throw new ShapeError(
        `is ${formatShape(expected)}, for inputs of this shape it would be ${formatShape(shape)}. Layers that see the whole input, as dense() behind flatten() does, fix its shape.`,
        { place: name, expected, actual: shape },
      );
    }
    known.delete(key);
    known.set(key, net);
    const [oldest] = known.keys();
    if (known.size > SHAPES) known.delete(oldest as string);
    return net;
  }

  /**
   * The network with a memory: each call of its `predict` goes on in time where the one before ended. For networks of
   * recurrent layers that read forwards.
   * @throws MidstError for a network without a state to remember
   */
  session(): Session {
    return new Session(this);
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
    this.common.weights ??= this.initialWeights();
    return this.common.weights;
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
    this.common.weights = new Map(names.map((name) => [name, (weights.get(name) ?? before.get(name)) as Tensor]));
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
    const outputs = rows === 0 ? noRows(this.traced(false)) : await this.predictAll(inputs, rows);
    return outputsAs(given, outputs);
  }

  private async predictAll(inputs: Tensors, rows: number): Promise<Record<string, Tensor<"float32">>> {
    const { weights } = this;
    if (this.predictor?.weights !== weights) this.predictor = { weights, program: once(() => this.makePredictor()) };
    const program = await this.predictor.program();
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

/** Networks at other shapes that are kept for the next time. */
const SHAPES = 16;

/** Rows in one run of `predict`. */
const BATCH = 256;

function noSuchWeight(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  const some = names.length > 8 ? `${names.slice(0, 8).join(", ")}, ... ${names.length} in all` : names.join(", ");
  return `the network has no such weight. ${guess === undefined ? `It has: ${some}.` : `Did you mean "${guess}"?`}`;
}

export interface SequentialOptions extends NetworkOptions {
  /** One example's shape, without the batch axis. */
  readonly input: readonly number[];
  /** Of the input; defaults to "float32". */
  readonly dtype?: Tensor["dtype"];
  /**
   * Whether a second input "lengths", an int32 an example, says how many time steps of it count; layers that look along
   * the time leave out the others. Defaults to false.
   */
  readonly lengths?: boolean;
}

/** A network that is one layer after another. */
export function sequential(
  { input, dtype = "float32", lengths = false, ...options }: SequentialOptions,
  ...layers: Layer[]
): Network {
  if (input === undefined)
    throw new OptionError("begins with the input, e.g. sequential({ input: [3, 32, 32] }, ...).", {
      place: "sequential",
    });
  checkLayers("sequential", layers, 2);
  const body: NetworkBody = ({ input: x }) => layers.reduce((value, layer) => layer(value), x as NonNullable<typeof x>);
  const counted = lengths ? { lengths: { shape: [], dtype: "int32" as const } } : {};
  return new Network(architecture({ input: { shape: input, dtype }, ...counted }, body), options);
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
