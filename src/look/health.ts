import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import {
  type Examples,
  inputsOf,
  LOSS,
  type LossSpec,
  lossValue,
  type Network,
  rowsOf,
  type Tensors,
  target,
} from "../runtime/index.js";
import { isDataset } from "./examples.js";
import { slopeCheck } from "./healthCheck.js";
import { type LayerHealth, LayerStatistics, type Origin, originOf } from "./healthLayer.js";
import { updateSizes, type WeightHealth } from "./healthWeights.js";
import { nudgeable } from "./recurrentParts.js";
import { slopesBy } from "./slopes.js";
import { trace } from "./trace.js";
import { type Checked, PART, type Probe, probe } from "./values.js";

export interface HealthOptions {
  /** With it, the gradients of the loss by each layer are measured too; needs a data set, for its targets. */
  readonly loss?: LossSpec;
  /** Weights from before a step (or several): how far each has moved since. */
  readonly before?: ReadonlyMap<string, Tensor>;
  /** How many examples are looked at, evenly spread over the data; defaults to 1,024, or all if there are fewer. */
  readonly samples?: number;
}

export interface Health {
  /** How many examples were looked at: a unit that is dead on few may answer to others. */
  readonly samples: number;
  /** Every hidden layer in the network's order. */
  readonly layers: readonly LayerHealth[];
  /** Every weight that the optimizer changes; empty unless `before` is given. */
  readonly weights: readonly WeightHealth[];
  /** Where the first NaN or Inf arose; absent when there is none. */
  readonly origin?: Origin;
}

/**
 * How a network's layers are doing: the size of their numbers and of the loss's gradients by them, units that never
 * answer, units at the end of their range, how fast the weights move, and where a NaN or Inf came from. Dropout is off
 * and batch norm as learned. Gradients are of one example's loss, whatever the number of examples.
 *
 * The check: every layer follows from those before it bit for bit (see `trace`), and with a loss also how far its slope
 * along the first layer's gradient is from that gradient, as a share; float32 leaves about 0.01 of it.
 * @throws OptionError for a loss without targets
 */
export async function health(
  net: Network,
  data: Dataset | Examples,
  options: HealthOptions = {},
): Promise<Checked<Health>> {
  checkOptions("health", options, ["loss", "before", "samples"]);
  return new HealthProbe(net, options.loss).measure(data, options);
}

interface Part {
  readonly inputs: Tensors;
  readonly targets: Tensors;
}

/** Measures a network again and again with one program. */
export class HealthProbe {
  private asked: Probe | undefined;

  constructor(
    private readonly net: Network,
    private readonly loss: LossSpec | undefined,
  ) {}

  async measure(data: Dataset | Examples, options: Omit<HealthOptions, "loss">): Promise<Checked<Health>> {
    const { value, first } = await this.look(data, options);
    return { value, check: first === undefined ? 0 : await this.check(first, value.origin !== undefined) };
  }

  /** As `measure`, without the check; also the first examples looked at. */
  async look(
    data: Dataset | Examples,
    options: Omit<HealthOptions, "loss">,
  ): Promise<{ readonly value: Health; readonly first: Part | undefined }> {
    const { samples = 1024, before } = options;
    checkNumber("health", "samples", samples, { low: 1, integer: true });
    const traced = nudgeable(this.net);
    const statistics = [...traced.hidden].map(([name, value]) => new LayerStatistics(name, value));
    let seen = 0;
    let badLoss: number | undefined;
    let badInput: string | undefined;
    let first: Part | undefined;
    for await (const part of partsOf(this.net, data, samples)) {
      first ??= part;
      this.asked ??= this.prepare(traced, part.targets);
      const results = await this.asked.run(feedsOf(part));
      const rows = rowsIn(part);
      for (const layer of statistics)
        layer.add(results[`layer/${layer.name}`] as Tensor, results[`gradient/${layer.name}`], rows);
      const loss = results[LOSS]?.data[0] ?? 0;
      if (!Number.isFinite(loss)) badLoss ??= loss;
      badInput ??= Object.entries(part.inputs).find(([, { data: numbers }]) => !numbers.every(Number.isFinite))?.[0];
      seen += rows;
    }
    const layers = statistics.map((layer) => layer.result());
    const origin = originOf(layers, badInput, badLoss);
    const weights = before === undefined ? [] : updateSizes(this.net, before);
    return { value: { samples: seen, layers, weights, ...(origin && { origin }) }, first };
  }

  private prepare(traced: Traced, targets: Tensors): Probe {
    const outputs: Record<string, Value> = {};
    for (const [name, value] of traced.hidden) outputs[`layer/${name}`] = value;
    if (this.loss !== undefined) {
      if (Object.keys(targets).length === 0)
        throw new OptionError("a loss needs targets: give a data set with them, e.g. dataset({ input, target }).", {
          place: "health",
        });
      const { value } = lossValue(traced, this.loss, typesOf(targets));
      outputs[LOSS] = value;
      for (const [name, slope] of slopesBy(traced, value, traced.hidden.keys())) outputs[`gradient/${name}`] = slope;
    }
    return probe(this.net, outputs);
  }

  private async check({ inputs, targets }: Part, broken: boolean): Promise<number> {
    const few = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, rowsOf(value, 0, CHECKED)]));
    const replayed = (await trace(this.net, few)).check;
    if (this.loss === undefined || broken || this.asked === undefined) return replayed;
    return Math.max(
      replayed,
      await slopeCheck(this.net, this.loss, typesOf(targets), feedsOf({ inputs, targets }), this.asked),
    );
  }
}

/** Examples whose layers are worked out again. */
const CHECKED = 16;

const rowsIn = ({ inputs }: Part): number => Object.values(inputs)[0]?.shape[0] as number;

const feedsOf = ({ inputs, targets }: Part): Tensors => ({
  ...inputs,
  ...Object.fromEntries(Object.entries(targets).map(([name, value]) => [target(name), value])),
});

const typesOf = (targets: Tensors) =>
  Object.fromEntries(
    Object.entries(targets).map(([name, { dtype, shape }]) => [name, { dtype, shape: ["batch", ...shape.slice(1)] }]),
  );

/** The examples looked at, evenly spread, in parts. */
async function* partsOf(net: Network, data: Dataset | Examples, samples: number): AsyncGenerator<Part> {
  const given = isDataset(data) ? undefined : inputsOf(net.architecture.inputs, data);
  const length = isDataset(data) ? data.length : rowsIn({ inputs: given ?? {}, targets: {} });
  const count = Math.min(samples, length);
  const order = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  for (let start = 0; start < count; start += PART) {
    const rows = order.slice(start, start + PART);
    if (isDataset(data)) {
      const { inputs, targets } = await data.batch(rows);
      yield { inputs: inputsOf(net.architecture.inputs, inputs), targets };
    } else yield { inputs: mapValues(given as Tensors, (tensor) => pickRows(tensor, rows)), targets: {} };
  }
}

const mapValues = (tensors: Tensors, body: (tensor: Tensor) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, body(tensor)]));

function pickRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const size = countOf(tensor.shape.slice(1));
  const data = tensor.data.slice(0, rows.length * size);
  rows.forEach((row, i) => {
    data.set(tensor.data.subarray(row * size, (row + 1) * size), i * size);
  });
  return { ...tensor, shape: [rows.length, ...tensor.shape.slice(1)], data } as Tensor;
}
