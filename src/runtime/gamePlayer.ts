import { inScope, rebuild, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { stopGradient } from "../ops/index.js";
import type { Building } from "./stepBuilding.js";
import { flat } from "./weightGroups.js";

/** Random numbers that a game's graph is given, besides the data. */
export interface GameNoise {
  readonly value: Value;
  readonly kind: "dropout" | "normal" | "uniform";
  /** Of dropout: the probability of a zero. */
  readonly rate?: number;
}

/**
 * One of a game's networks within its graph: called on values again and again, each time with dropout of its own, and with
 * the weights as they are by then. Running statistics go on from call to call.
 */
export class Player {
  /** What stands for weights and running statistics by now. */
  private readonly now = new Map<Value, Value>();

  /**
   * @param name of the network in errors
   * @param traced for training
   * @param part the graph's part in which its weights are inputs
   * @param noise is told of dropout
   */
  constructor(
    private readonly name: string,
    readonly traced: Traced,
    private readonly part: Building,
    private readonly noise: Map<string, GameNoise>,
  ) {
    for (const [name, { value }] of traced.parameters) part.take(name, value);
  }

  /**
   * The network's output for other inputs, by name.
   * @param call tells the calls of a step apart
   */
  call(inputs: Readonly<Record<string, Value>>, call: string): Value {
    const { traced, now } = this;
    const given = Object.entries(traced.inputs).map(([name, value]) => [value, inputs[name] as Value] as const);
    const output = Object.values(traced.outputs)[0] as Value;
    const instead = new Map([...given, ...this.dropout(call), ...now]);
    const here = inScope(this.name, () => rebuild([output, ...traced.updates.values()], instead));
    for (const [name, value] of traced.updates) now.set(traced.parameters.get(name)?.value as Value, here(value));
    return here(output);
  }

  /** Calls from here on are made with these weights, by name: as they are, whatever they were made of. */
  learn(weights: ReadonlyMap<string, Value>): void {
    for (const [name, value] of weights)
      this.now.set(this.traced.parameters.get(name)?.value as Value, stopGradient(value));
  }

  /** The running statistics as the calls have left them, by name. */
  statistics(): Map<string, Value> {
    const names = [...this.traced.updates.keys()];
    return new Map(
      names.map((name) => [name, this.now.get(this.traced.parameters.get(name)?.value as Value) as Value]),
    );
  }

  private dropout(call: string): [Value, Value][] {
    return [...this.traced.noise].map(([name, { value, kind, rate }]) => {
      const own = `${name}/${call}`;
      const mask = this.part.given(own, value.shape);
      this.noise.set(this.part.full(own), { value: mask, kind, rate });
      return [value, mask];
    });
  }
}

/** Running statistics as one vector; undefined where there are none. */
export const joined = (statistics: ReadonlyMap<string, Value>): Value | undefined =>
  statistics.size === 0 ? undefined : flat([...statistics.values()]);
