import { type Dim, sizeOf } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { reshape } from "../ops/index.js";
import type { Network, Tensors } from "../runtime/index.js";
import { hiddenName, nudgeable, nudgeName, type RecurrentPart, recurrentParts } from "./recurrentParts.js";
import { outputName, scoresOf, type Target } from "./target.js";
import { keptProbe, ofLayer } from "./values.js";

/** What is added to states within their loops: by the state's name (`lstm_1/l0/h`), [time, batch, units]. */
export type Nudges = ReadonlyMap<string, Tensor<"float32">>;

/** Nudges of nothing for so many examples. */
export const noNudges = (net: Network, rows: number): Map<string, Tensor<"float32">> =>
  new Map(
    [...nudgeable(net).nudges].map(([name, { shape }]) => [
      name,
      zeros([shape[0] as number, rows, ...(shape.slice(2) as number[])]),
    ]),
  );

/** As a probe is given them. */
export const nudgeFeeds = (net: Network, nudges: Nudges): Tensors => {
  const { nudges: values } = nudgeable(net);
  return Object.fromEntries(
    [...nudges].map(([name, tensor]) => [ofLayer(values, name).node.attrs.name as string, tensor]),
  );
};

export interface Nudged {
  /** As the next step gets them, by `nudgeName`, [batch, time, units]. */
  readonly states: ReadonlyMap<string, Tensor>;
  /** The output's scores, before a softmax or sigmoid: [batch, units], or [batch, time, units]. */
  readonly scores: Tensor;
}

/** Runs a network, a few examples at most, with its states nudged. */
export async function runNudged(
  net: Network,
  inputs: Tensors,
  nudges: Nudges,
  of: Target = "largest",
): Promise<Nudged> {
  const name = outputName(net, of);
  const places = recurrentParts(net).flatMap((part) => part.states.map((state) => [part, state] as const));
  const [{ time }] = recurrentParts(net) as [RecurrentPart];
  const asked = keptProbe(
    net,
    `nudged ${name}`,
    (traced) => {
      const states = places.map(([part, state]) => [nudgeName(part, state), hiddenName(part, state)] as const);
      return {
        ...Object.fromEntries(states.map(([key, hidden]) => [key, ofLayer(traced.hidden, hidden)])),
        scores: scoresInTime(traced, name, time),
      };
    },
    { nudges: true },
  );
  const found = await asked.run({ ...inputs, ...nudgeFeeds(net, nudges) });
  const states = places.map(([part, state], i) => {
    const name = nudgeName(part, state);
    // The first state is named as the layer gives it out, nudge included; others as they are made.
    const isFirst = places[i - 1]?.[0] !== part;
    return [name, isFirst ? (found[name] as Tensor) : moved(found[name] as Tensor, nudges.get(name))] as const;
  });
  return { states: new Map(states), scores: found.scores as Tensor };
}

/** What is [batch, time, units] with what is [time, batch, units] added. */
function moved({ dtype, shape, data }: Tensor, nudge: Tensor | undefined): Tensor {
  const [rows, time, units] = shape as [number, number, number];
  const sum = Float32Array.from(data);
  for (let row = 0; row < rows; row++)
    for (let t = 0; t < time; t++)
      for (let i = 0; i < units; i++) {
        const at = (row * time + t) * units + i;
        sum[at] = (sum[at] as number) + (nudge?.data[(t * rows + row) * units + i] ?? 0);
      }
  return { dtype, shape, data: sum } as Tensor;
}

/**
 * An output's scores, before a softmax or sigmoid: [batch, time, units] where it has one set for each step that the network
 * reads, else all together as [batch, units], those of a forecast, say.
 */
export function scoresInTime(traced: Traced, name: string, time: number): Value {
  const scores = scoresOf(traced, name);
  const [batch, first, ...rest] = scores.shape;
  if (rest.length === 0 || (rest.length === 1 && first === time)) return scores;
  return reshape(scores, [batch as Dim, sizeOf(scores.shape.slice(1))]);
}

/** Where the scores at one step lie: [batch, units] has one place, [batch, time, units] one for each step. */
export function scoresAt({ shape, data }: Tensor, row: number, step: number): ArrayLike<number> {
  const units = shape.at(-1) as number;
  const at = shape.length === 2 ? row : row * (shape[1] as number) + step;
  return data.subarray(at * units, (at + 1) * units);
}
