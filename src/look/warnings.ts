import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Examples, LossSpec, Network } from "../runtime/index.js";
import { HealthProbe } from "./health.js";
import { fadingGradients, idleUnits, stuckLoss, told, unusualMoves, type Warning } from "./warningRules.js";

export interface HealthWarningsOptions {
  /** With it, layers that the loss's gradient hardly reaches are warned of too; needs a data set, for its targets. */
  readonly loss?: LossSpec;
  /** How many examples are looked at, evenly spread over the data; defaults to 256, or all if there are fewer. */
  readonly samples?: number;
  /** In epochs; defaults to 1. */
  readonly every?: number;
}

/** What is read of an epoch's record. */
interface Epoch {
  readonly epoch: number;
  /** Steps made in all. */
  readonly step: number;
  readonly training: { readonly loss?: number };
  readonly learningRate: number;
}

/** A callback of `fit` that warns: `fit(net, data, { ..., callbacks: [healthWarnings(net, probe)] })`. */
export interface HealthWarnings {
  readonly name: string;
  onStart(run: { readonly step: number }): void;
  onEpoch(record: Epoch, control: { warn(message: string): void }): Promise<void>;
  state(): {
    readonly warned: readonly string[];
    readonly losses: readonly number[];
    readonly fastest: number;
    readonly suspected: readonly string[];
  };
  restore(state: unknown): void;
}

/**
 * Warns while a network trains, after each epoch, of each thing once, with its number and what to try; many layers with the
 * same trouble are one warning:
 *
 * - dead units: at least 30 % of a ReLU's units are above 0 for none of the examples;
 * - saturated units: at least half of the numbers of a sigmoid or tanh (but the network's output) are in the outermost 3 %;
 * - a weight of two axes or more that a step moves by less than 1e-5 or more than 1e-1 of its size, in two looks running;
 *   about 1e-3 is usual;
 * - a training loss that stays within 1 % for four epochs and never left its first value by a tenth;
 * - with `loss`: a layer that less than 1e-6 of the gradient reaches, of the largest that any layer gets.
 * @param data what the layers are looked at with: best a few hundred examples that it does not train on
 */
export function healthWarnings(
  net: Network,
  data: Dataset | Examples,
  options: HealthWarningsOptions = {},
): HealthWarnings {
  checkOptions("healthWarnings", options, ["loss", "samples", "every"]);
  const { every = 1, samples = 256, loss } = options;
  checkNumber("healthWarnings", "every", every, { low: 1, integer: true });
  checkNumber("healthWarnings", "samples", samples, { low: 1, integer: true });
  const probe = new HealthProbe(net, loss);
  const { hidden, outputs } = net.traced(false);
  const ends = new Set(Object.values(outputs));
  const inside = new Set([...hidden].filter(([, value]) => !ends.has(value)).map(([name]) => name));
  // A container's output is its last layer's too: each value is told of under its first name.
  const names = new Map([...hidden].toReversed().map(([name, value]) => [value, name]));
  const own = new Set(names.values());
  const wide = [...net.weights].filter(([, { shape }]) => shape.length > 1).map(([name]) => name);
  const kernels = new Set(wide);
  const warned = new Set<string>();
  const losses: number[] = [];
  let fastest = 0;
  let before: ReadonlyMap<string, Tensor> = new Map(net.weights);
  let stepBefore = 0;
  /** Moves that were unusual at the last look. */
  let suspected: ReadonlySet<string> = new Set();

  return {
    name: "healthWarnings",
    onStart: ({ step }) => {
      before = new Map(net.weights);
      stepBefore = step;
      warned.clear();
      losses.length = 0;
      fastest = 0;
      suspected = new Set();
    },
    onEpoch: async ({ epoch, step, training, learningRate }, control) => {
      const found: Warning[] = [];
      if (training.loss !== undefined) losses.push(training.loss);
      found.push(...stuckLoss(losses));
      fastest = Math.max(fastest, learningRate);
      if (epoch % every === 0) {
        const { value } = await probe.look(data, { samples, before });
        const layers = value.layers.filter(({ layer }) => own.has(layer));
        found.push(...idleUnits(layers, value.samples, inside), ...fadingGradients(layers, inside));
        // At the end of a schedule steps are meant to be small.
        const late = learningRate < fastest / 10;
        const moves = unusualMoves(value.weights, kernels, Math.max(1, step - stepBefore), late);
        found.push(...moves.filter((move) => suspected.has(idOf(move))));
        suspected = new Set(moves.map(idOf));
        before = new Map(net.weights);
        stepBefore = step;
      }
      const news = found.filter((warning) => !warned.has(idOf(warning)));
      for (const warning of news) warned.add(idOf(warning));
      for (const message of told(news)) control.warn(message);
    },
    state: () => ({ warned: [...warned], losses: [...losses], fastest, suspected: [...suspected] }),
    restore: (state) => {
      const kept = state as ReturnType<HealthWarnings["state"]>;
      for (const about of kept.warned) warned.add(about);
      losses.push(...kept.losses);
      fastest = kept.fastest;
      suspected = new Set(kept.suspected);
    },
  };
}

const idOf = ({ kind, place }: Warning): string => `${kind} ${place}`;
