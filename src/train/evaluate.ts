import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Batch, Dataset } from "../data/index.js";
import type { Graph, Value } from "../graph/index.js";
import {
  checkPositions,
  checkTargets,
  checkWeights,
  compile,
  countRows,
  LOSS,
  type LossSpec,
  lossValue,
  type Network,
  type Program,
  prediction,
  ROW_WEIGHTS,
  type TargetTypes,
  type Tensors,
  target,
  typesOf,
} from "../runtime/index.js";
import { batchesAhead, checkNotEmpty } from "./batches.js";
import type { Counter, Metric } from "./metric.js";

export interface EvaluateOptions {
  readonly loss?: LossSpec;
  readonly metrics?: readonly Metric[];
  /** Examples per run; defaults to 256. */
  readonly batchSize?: number;
}

/**
 * Means over a data set by name: `loss`, if there is one (weighted, where the examples have weights; of sequences over the
 * steps that count), and each metric.
 */
export type Scores = Readonly<Record<string, number>>;

/**
 * How good a network is on a data set, dropout off and batch norm as learned.
 * @throws ShapeError or DataError when the data does not fit the network, the loss or a metric
 */
export async function evaluate(net: Network, data: Dataset, options: EvaluateOptions = {}): Promise<Scores> {
  return new Evaluator(net, options).scores(data, net.weights);
}

/** Evaluates a network with whatever weights it is given: a program made once for many epochs. */
export class Evaluator {
  private plan: Promise<Plan> | undefined;

  constructor(
    private readonly net: Network,
    private readonly options: EvaluateOptions,
  ) {
    checkOptions("evaluate", options, ["loss", "metrics", "batchSize"]);
    checkNumber("evaluate", "batchSize", options.batchSize ?? 1, { low: 1, integer: true });
    checkMetrics(net, options.metrics ?? []);
  }

  async scores(data: Dataset, weights: ReadonlyMap<string, Tensor>): Promise<Scores> {
    checkNotEmpty(data, "evaluate");
    const { metrics = [], batchSize = 256, loss } = this.options;
    const counters = metrics.map((metric) => metric.start());
    const order = Uint32Array.from({ length: data.length }, (_, i) => i);
    let [total, counted] = [0, 0];
    for await (const batch of batchesAhead(data, order, batchSize)) {
      const { inputs, targets } = batch;
      const rows = countRows(this.net.architecture.inputs, inputs);
      checkPositions(this.net.traced(false), inputs);
      this.plan ??= this.compile(batch);
      const { program, types, weighted } = await this.plan;
      if (loss !== undefined) {
        checkWeights(batch.weights, weighted, rows);
        checkTargets(this.net.traced(false), loss, types, targets, rows, batch.weights);
      }
      const results = await program.run({ ...Object.fromEntries(weights), ...inputs, ...named(batch) });
      const weight = weightOf(batch, loss);
      if (loss !== undefined) total += weight * ((results[LOSS] as Tensor).data[0] as number);
      counted += weight;
      countBatch(counters, outputsIn(this.net, results), targets);
    }
    const scores = metrics.map((metric, i) => [metric.name, (counters[i] as Counter).value()] as const);
    return { ...(loss !== undefined && { loss: total / counted }), ...Object.fromEntries(scores) };
  }

  private async compile({ targets, weights }: Batch): Promise<Plan> {
    const traced = this.net.traced(false);
    const types = typesOf(targets);
    const weighted = weights !== undefined;
    const inputs: Record<string, Value> = { ...traced.inputs };
    for (const [name, { value }] of traced.parameters) inputs[name] = value;
    const outputs: Record<string, Value> = {};
    for (const [name, value] of Object.entries(traced.outputs)) outputs[prediction(name)] = value;
    if (this.options.loss !== undefined) {
      const { value, targets: truths } = lossValue(traced, this.options.loss, types, weighted);
      Object.assign(inputs, truths);
      outputs[LOSS] = value;
    }
    const graph: Graph = { inputs, outputs };
    return { program: await compile(graph, { purpose: "training" }, await this.net.engine()), types, weighted };
  }
}

interface Plan {
  readonly program: Program;
  readonly types: TargetTypes;
  /** Whether examples have weights. */
  readonly weighted: boolean;
}

/**
 * How much a batch counts in the mean of a loss: what the loss says, or its number of examples, or the sum of their weights.
 * Of several losses, which share a sum, the examples count.
 */
export function weightOf({ inputs, targets, weights }: Batch, loss: LossSpec | undefined): number {
  const [truth] = Object.values(targets);
  const own = typeof loss === "function" && truth ? loss.weightOf?.(truth, weights) : undefined;
  if (own !== undefined) return own;
  if (weights === undefined) return Object.values(inputs)[0]?.shape[0] as number;
  return Array.from(weights.data).reduce((sum, weight) => sum + weight, 0);
}

/** Targets, and weights of examples, under their names in a graph. */
const named = ({ targets, weights }: Batch): Tensors => ({
  ...Object.fromEntries(Object.entries(targets).map(([name, value]) => [target(name), value])),
  ...(weights && { [ROW_WEIGHTS]: weights }),
});

/** The network's outputs by their own names. */
const outputsIn = (net: Network, results: Tensors): Tensors =>
  Object.fromEntries(Object.keys(net.traced(false).outputs).map((name) => [name, results[prediction(name)] as Tensor]));

/** Metrics compare one output to one target: throws where a network has several. */
export function checkMetrics(net: Network, metrics: readonly Metric[]): void {
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i || name === "loss");
  if (twice !== undefined)
    throw new OptionError(`two scores are called "${twice}". Give each metric once, under its own name.`, {
      place: "metrics",
      actual: twice,
    });
  const outputs = Object.keys(net.traced(false).outputs);
  if (metrics.length > 0 && outputs.length > 1)
    throw new OptionError(`metrics are for networks with one output; this one has ${outputs.join(", ")}.`, {
      place: "metrics",
    });
}

/** Counts a batch for metrics, which are for one output and one target. */
export function countBatch(counters: readonly Counter[], outputs: Tensors, targets: Tensors): void {
  if (counters.length === 0) return;
  const [truth, ...more] = Object.values(targets);
  if (truth === undefined || more.length > 0)
    throw new DataError(`metrics need one target, the data has ${more.length === 0 ? "none" : more.length + 1}.`, {
      place: "metrics",
    });
  for (const counter of counters) counter.add(Object.values(outputs)[0] as Tensor, truth);
}
