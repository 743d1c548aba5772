import { type Graph, input, type Value } from "../graph/index.js";
import * as names from "./stepNames.js";

/** A graph, and which of its inputs it gives anew for the next step, as outputs `next/...`. */
export interface StepGraph {
  readonly graph: Graph;
  readonly carried: readonly string[];
}

/** What the parts of a graph have in common. */
interface Whole {
  readonly inputs: Record<string, Value>;
  readonly outputs: Record<string, Value>;
  readonly carried: string[];
  /** Shapes by name. */
  readonly state: Record<string, readonly number[]>;
}

/** A step's graph being built, or a part of it whose names begin with a prefix. */
export class Building {
  private constructor(
    private readonly whole: Whole,
    private readonly prefix: string,
  ) {}

  /** @param state is told what the graph remembers: shapes by name */
  static of(inputs: Record<string, Value>, state: Record<string, readonly number[]>): Building {
    return new Building({ inputs, outputs: {}, carried: [], state }, "");
  }

  /** The same graph; what is named in this part has the prefix before its name. */
  part(prefix: string): Building {
    return new Building(this.whole, this.prefix + prefix);
  }

  /** A name in full. */
  full(name: string): string {
    return this.prefix + name;
  }

  /** An input that a step leaves to the next. */
  remembered(name: string, shape: readonly number[]): Value {
    this.whole.state[this.full(name)] = shape;
    return this.given(name, shape);
  }

  /** An input of the graph, made when first asked for. */
  given(name: string, shape: Value["shape"] = [], dtype?: Value["dtype"]): Value {
    this.whole.inputs[this.full(name)] ??= input(this.full(name), shape, dtype);
    return this.whole.inputs[this.full(name)] as Value;
  }

  /** Makes a value an input of the graph. */
  take(name: string, value: Value): void {
    this.whole.inputs[this.full(name)] = value;
  }

  give(name: string, value: Value): void {
    this.whole.outputs[this.full(name)] = value;
  }

  /** What an input becomes for the next step. */
  carry(name: string, result: Value): void {
    this.whole.outputs[names.next(this.full(name))] = result;
    this.whole.carried.push(this.full(name));
  }

  graph(): StepGraph {
    const { inputs, outputs, carried } = this.whole;
    return { graph: { inputs, outputs }, carried };
  }
}
