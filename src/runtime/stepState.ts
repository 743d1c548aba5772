import { NumericError, ShapeError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import { compile } from "./compile.js";
import type { Engine, Program, Tensors } from "./engine.js";
import { locateNonFinite } from "./locate.js";
import type { StepGraph } from "./stepBuilding.js";
import * as names from "./stepNames.js";

/** A step's graph with the program that runs it. */
export interface Pass extends StepGraph {
  readonly program: Program;
}

/** @param rows examples in most batches */
export const makePass = async (part: StepGraph, rows: number, engine: Engine): Promise<Pass> => ({
  ...part,
  program: await compile(part.graph, { purpose: "training", lengths: { batch: rows } }, engine),
});

/**
 * The state that goes around a step's graphs: two sets of arrays used in turn, so that a step allocates none. What a run
 * makes is not the state before it is taken: a step that throws leaves all as it was.
 */
export class StepState {
  private readonly spare: Record<string, Tensor> = {};

  constructor(
    private current: Record<string, Tensor>,
    passes: readonly Pass[],
    private readonly engine: Engine,
  ) {
    for (const { carried } of passes)
      for (const name of carried) {
        const { shape, dtype } = current[name] as Tensor;
        this.spare[names.next(name)] = zeros(shape, dtype);
      }
  }

  /** All of it by name, shared until the next run. */
  get all(): Readonly<Record<string, Tensor>> {
    return this.current;
  }

  /**
   * Runs a graph and makes sure that numbers of its outputs, by name, are finite where they are there.
   * @param step that it is part of, from 1
   * @throws NumericError that says where it began
   */
  async run({ program, graph }: Pass, feeds: Tensors, step: number, numbers: readonly string[]): Promise<Tensors> {
    const results = await program.run(feeds, this.spare);
    if (numbers.every((name) => Number.isFinite(results[name]?.data[0] ?? 0))) return results;
    throw await locateNonFinite(graph, feeds, this.engine, step, new Set(Object.keys(this.current)));
  }

  /** Makes what a run has made the state. */
  take(made: Readonly<Record<string, Tensor>>): void {
    const before = this.current;
    this.current = { ...before, ...made };
    for (const name of Object.keys(made)) this.spare[names.next(name)] = before[name] as Tensor;
  }

  /** As `restored`; on an error it stays as it was. */
  restore(state: ReadonlyMap<string, Tensor>, count: number): void {
    this.current = restored(this.current, state, count);
  }
}

/** What a run made for the next, under the names of the next one's inputs. */
export const carriedIn = ({ carried }: StepGraph, results: Tensors): Record<string, Tensor> =>
  Object.fromEntries(carried.map((name) => [name, results[names.next(name)] as Tensor]));

/**
 * Copies of the tensors in `state` for all names in `current`.
 * @throws ShapeError for one that is missing or differs, or that a step with other options has left
 */
function restored(
  current: Readonly<Record<string, Tensor>>,
  state: ReadonlyMap<string, Tensor>,
  count: number,
): Record<string, Tensor> {
  checkNumber("restore", "count", count, { low: 0, integer: true });
  const stranger = [...state.keys()].find((name) => !Object.hasOwn(current, name));
  if (stranger !== undefined)
    throw new ShapeError("the state has this, but the step has not. Train with the options that it was saved with.", {
      place: stranger,
    });
  const copies: Record<string, Tensor> = {};
  for (const [name, expected] of Object.entries(current)) {
    const given = state.get(name);
    if (given === undefined)
      throw new ShapeError("the state lacks this. Train with the network and the options that it was saved with.", {
        place: name,
        expected: expected.shape,
      });
    if (given.dtype !== expected.dtype || given.shape.join() !== expected.shape.join())
      throw new ShapeError(
        `expected ${expected.dtype}${formatShape(expected.shape)}, the state has ${given.dtype}${formatShape(given.shape)}. ` +
          "Train with the network and the options that it was saved with.",
        { place: name, expected: expected.shape, actual: given.shape },
      );
    copies[name] = copyOf(given);
  }
  return copies;
}

/** Weights by name as they are in a state: their moving averages, where there are some. */
export function averagesIn(
  state: Readonly<Record<string, Tensor>>,
  weights: Iterable<string>,
  averages: ReadonlyMap<string, { readonly state: string; readonly offset: number }>,
): Map<string, Tensor> {
  return new Map(
    [...weights].map((name) => {
      const weight = state[name] as Tensor;
      const average = averages.get(name);
      if (average === undefined) return [name, weight];
      const all = state[average.state] as Tensor;
      const data = all.data.subarray(average.offset, average.offset + weight.data.length);
      return [name, { ...weight, data } as Tensor];
    }),
  );
}

/** Throws a NumericError naming a weight that is NaN or Inf: no loss has shown the last update's yet. */
export function checkFinite(weights: ReadonlyMap<string, Tensor>, step: number, place = ""): void {
  for (const [name, { data }] of weights) {
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad < 0) continue;
    throw new NumericError(
      `the weight is ${data[bad]} in position ${bad} after step ${step}. Lower the learning rate, or clip the gradient.`,
      { place: place + name, step, actual: data[bad] },
    );
  }
}

export const copyOf = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() }) as Tensor;
