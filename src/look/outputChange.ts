import { OptionError } from "../base/errors.js";
import { classesOf } from "../data/encoding.js";
import type { Network } from "../runtime/index.js";
import { outputName, scoresOf, type Target } from "./target.js";

/** How two outputs are compared: as distributions over classes ("kl", in nats) or number by number ("squared"). */
export type ChangeMeasure = "kl" | "squared";

/**
 * The measure that fits a network's output: "kl" where it is known to give class scores (by its data or a softmax at its
 * end), else "squared".
 * @throws OptionError for another one
 */
export function measureFor(net: Network, of: Target, given: ChangeMeasure | undefined): ChangeMeasure {
  if (given !== undefined) {
    if (given === "kl" || given === "squared") return given;
    throw new OptionError(`measure must be "kl" or "squared", got "${given}".`, { place: "measure", actual: given });
  }
  const traced = net.traced(false);
  const name = outputName(net, of);
  const scores = scoresOf(traced, name);
  const { encoding } = net;
  // A language model's classes are its tokens.
  const classes = encoding?.kind === "text" || (encoding !== undefined && classesOf(encoding) !== undefined);
  const several = (scores.shape.at(-1) as number) > 1;
  return several && (classes || scores !== traced.outputs[name]) ? "kl" : "squared";
}

/** How far scores are from what they were: KL(before || after) of their softmax in nats, or the mean squared difference. */
export function changeOf(measure: ChangeMeasure, before: ArrayLike<number>, after: ArrayLike<number>): number {
  const units = before.length;
  let total = 0;
  if (measure === "squared") {
    for (let i = 0; i < units; i++) total += ((before[i] as number) - (after[i] as number)) ** 2 / units;
    return total;
  }
  const [p, q] = [logSoftmax(before), logSoftmax(after)];
  for (let i = 0; i < units; i++) total += Math.exp(p[i] as number) * ((p[i] as number) - (q[i] as number));
  // Never below 0 but for rounding.
  return Math.max(0, total);
}

function logSoftmax(scores: ArrayLike<number>): Float64Array {
  const own = Float64Array.from(scores);
  const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
  const rest = Math.log(own.reduce((sum, score) => sum + Math.exp(score - most), 0));
  return own.map((score) => score - most - rest);
}
