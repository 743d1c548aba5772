import { checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Graph, Value } from "../graph/index.js";
import {
  compile,
  LOSS,
  type LossSpec,
  lossValue,
  type Network,
  type Program,
  type Tensors,
  target,
} from "../runtime/index.js";
import { batchesAhead, checkNotEmpty } from "./batches.js";
import type { Counter, Metric } from "./metrics.js";

export interface EvaluateOptions {
  readonly loss?: LossSpec;
  readonly metrics?: readonly Metric[];
  /** Examples per run; defaults to 256. */
  readonly batchSize?: number;
}

/** Means over a data set by name: `loss`, if there is one, and each metric. */
export type Scores = Readonly<Record<string, number>>;

/** How good a network is on a data set, dropout off and batch norm as learned. */
export async function evaluate(net: Network, data: Dataset, options: EvaluateOptions = {}): Promise<Scores> {
  checkOptions("evaluate", options, ["loss", "metrics", "batchSize"]);
  return new Evaluator(net, options).scores(data, net.weights);
}

/** Evaluates a network with whatever weights it is given: a program made once for many epochs. */
export class Evaluator {
  private program: Promise<Program> | undefined;

  constructor(
    private readonly net: Network,
    private readonly options: EvaluateOptions,
  ) {}

  async scores(data: Dataset, weights: ReadonlyMap<string, Tensor>): Promise<Scores> {
    checkNotEmpty(data, "evaluate");
    const { metrics = [], batchSize = 256, loss } = this.options;
    const counters = metrics.map((metric) => metric.start());
    const order = Uint32Array.from({ length: data.length }, (_, i) => i);
    let total = 0;
    for await (const batch of batchesAhead(data, order, batchSize)) {
      this.program ??= this.compile(batch.targets);
      const results = await (await this.program).run(this.feeds(batch.inputs, batch.targets, weights));
      const rows = Object.values(batch.inputs)[0]?.shape[0] as number;
      if (loss !== undefined) total += rows * ((results[LOSS] as Tensor).data[0] as number);
      countBatch(counters, results, batch.targets);
    }
    const scores = metrics.map((metric, i) => [metric.name, (counters[i] as Counter).value()] as const);
    return { ...(loss !== undefined && { loss: total / data.length }), ...Object.fromEntries(scores) };
  }

  private feeds(inputs: Tensors, targets: Tensors, weights: ReadonlyMap<string, Tensor>): Tensors {
    const truths = this.options.loss === undefined ? [] : Object.entries(targets);
    return {
      ...inputs,
      ...Object.fromEntries(truths.map(([name, value]) => [target(name), value])),
      ...Object.fromEntries(weights),
    };
  }

  private async compile(targets: Tensors): Promise<Program> {
    const traced = this.net.traced(false);
    const inputs: Record<string, Value> = { ...traced.inputs };
    for (const [name, { value }] of traced.parameters) inputs[name] = value;
    const outputs: Record<string, Value> = { ...traced.outputs };
    if (this.options.loss !== undefined) {
      const types = Object.entries(targets).map(
        ([name, { dtype, shape }]) => [name, { dtype, shape: ["batch", ...shape.slice(1)] }] as const,
      );
      const { value, targets: truths } = lossValue(traced, this.options.loss, Object.fromEntries(types));
      Object.assign(inputs, truths);
      outputs[LOSS] = value;
    }
    const graph: Graph = { inputs, outputs };
    return compile(graph, { purpose: "training" }, await this.net.engine());
  }
}

/** Counts a batch where the network has one output and one target. */
export function countBatch(counters: readonly Counter[], outputs: Tensors, targets: Tensors): void {
  if (counters.length === 0) return;
  const [truth] = Object.values(targets);
  const prediction = outputs.output ?? Object.values(outputs)[0];
  for (const counter of counters) counter.add(prediction as Tensor, truth as Tensor);
}
