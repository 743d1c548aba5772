import { MidstError, ShapeError } from "../base/errors.js";
import { once } from "../base/once.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Value } from "../graph/index.js";
import type { Architecture, Traced } from "../nn/index.js";
import { lower } from "../onnx/index.js";
import type { Engine, Program, Tensors } from "./engine.js";
import { checkPositions, countRows, type Example, type Examples, inputsOf, outputsAs } from "./inputs.js";
import { noRows } from "./rows.js";
import { next } from "./stepNames.js";

/** What a session needs of its network. */
interface Remembering {
  readonly architecture: Architecture;
  readonly weights: ReadonlyMap<string, Tensor>;
  traced(training: boolean, options: { readonly memory: boolean }): Traced;
  engine(): Promise<Engine>;
}

/** What runs the sessions of a network with the weights it has. */
interface Programs {
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly goOn: () => Promise<Program>;
  /** Gives the first states. */
  readonly begin: () => Promise<Program>;
}

/** All sessions of a network share its programs. */
const programs = new WeakMap<Remembering, Programs>();

/** A network that remembers: made by `net.session()`. Holds plain arrays; there is nothing to dispose of. */
export class Session {
  private readonly traced: Traced;
  private current: ReadonlyMap<string, Tensor> | undefined;
  /** The call before, which the next waits for. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly net: Remembering) {
    this.traced = net.traced(false, { memory: true });
    if (this.traced.memory.size === 0)
      throw new MidstError("the network has no state to remember. Recurrent layers have: lstm(), gru(), simpleRnn().", {
        place: "session",
      });
  }

  /**
   * As the network's `predict`, from the state that the call before has left, which it waits for; the first call begins as
   * the layers do. A call that throws, or is given no examples, leaves the state as it was.
   * @throws ShapeError when an example does not have the input's shape, or there are more or fewer than before
   */
  async predict(examples: readonly Example[]): Promise<Float32Array[]>;
  async predict(input: Tensor): Promise<Tensor<"float32">>;
  async predict(inputs: Tensors): Promise<Record<string, Tensor<"float32">>>;
  async predict(given: Examples): Promise<Float32Array[] | Tensor<"float32"> | Record<string, Tensor<"float32">>> {
    const made = this.last.then(() => this.goOn(given));
    this.last = made.catch(() => undefined);
    return made;
  }

  private async goOn(given: Examples): Promise<ReturnType<typeof outputsAs>> {
    const { architecture } = this.net;
    const inputs = inputsOf(architecture.inputs, given);
    const rows = countRows(architecture.inputs, inputs);
    if (rows === 0) return outputsAs(given, noRows(this.traced));
    checkPositions(this.traced, inputs);
    const { goOn, begin } = this.programs();
    const before = this.current ?? states(this.traced, await (await begin()).run(inputs), (name) => name);
    for (const [name, { shape }] of before)
      if (shape[0] !== rows)
        throw new ShapeError(
          `the session remembers ${shape[0]} examples, it is given ${rows}. Give as many, or call reset() to begin anew.`,
          { place: name, expected: shape[0], actual: rows },
        );
    const results = await (await goOn()).run({ ...inputs, ...Object.fromEntries(before) });
    this.current = states(this.traced, results, next);
    const outputs = Object.keys(this.traced.outputs).map((name) => [name, results[name] as Tensor] as const);
    return outputsAs(given, Object.fromEntries(outputs));
  }

  /** What is remembered, by name, e.g. `lstm_1/l0/h` [batch, units]; empty before the first call. */
  get state(): ReadonlyMap<string, Tensor> {
    return this.current ?? new Map();
  }

  /**
   * Goes on from a state as `state` gives it, an empty one being that before the first call; the tensors are kept, not
   * copied.
   * @throws ShapeError naming what is missing, strange or of another shape
   */
  restore(state: ReadonlyMap<string, Tensor>): void {
    if (state.size === 0) {
      this.reset();
      return;
    }
    const { memory } = this.traced;
    const stranger = [...state.keys()].find((name) => !memory.has(name));
    const known = [...memory.keys()].join(", ");
    if (stranger !== undefined) throw new ShapeError(`no such state. There are: ${known}.`, { place: stranger });
    const rows = [...state.values()][0]?.shape[0] as number;
    for (const [name, { value }] of memory) {
      const given = state.get(name);
      const expected = [rows, ...value.shape.slice(1)];
      if (given?.dtype === value.dtype && given.shape.join() === expected.join()) continue;
      throw new ShapeError(
        `expected ${value.dtype}${formatShape(expected)}, got ${given ? `${given.dtype}${formatShape(given.shape)}` : "nothing"}.`,
        { place: name, expected, actual: given?.shape },
      );
    }
    this.current = new Map(state);
  }

  /** Forgets everything: the next call begins as the first did. */
  reset(): void {
    this.current = undefined;
  }

  /** The programs for the weights as they are now. */
  private programs(): Programs {
    const { weights } = this.net;
    const known = programs.get(this.net);
    if (known?.weights === weights) return known;
    const { inputs, outputs, parameters, memory } = this.traced;
    const given = Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
    const before = Object.fromEntries([...memory].map(([name, { value }]) => [name, value]));
    const after = Object.fromEntries([...memory].map(([name, { end }]) => [next(name), end]));
    const first = Object.fromEntries([...memory].map(([name, { begin }]) => [name, begin]));
    const baked = { weights: Object.fromEntries(weights), operators: true };
    const load = async (all: Record<string, Value>, results: Record<string, Value>): Promise<Program> =>
      (await this.net.engine()).load(lower({ inputs: all, outputs: results }, baked), { purpose: "inference" });
    const made: Programs = {
      weights,
      goOn: once(() => load({ ...inputs, ...given, ...before }, { ...outputs, ...after })),
      begin: once(() => load({ ...inputs, ...given }, first)),
    };
    programs.set(this.net, made);
    return made;
  }
}

/** The states among results, by their own names. */
const states = ({ memory }: Traced, results: Tensors, named: (name: string) => string): Map<string, Tensor> =>
  new Map([...memory.keys()].map((name) => [name, results[named(name)] as Tensor]));
