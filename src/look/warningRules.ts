import type { LayerHealth } from "./healthLayer.js";
import type { WeightHealth } from "./healthWeights.js";

/** Something to be told once. */
export interface Warning {
  readonly kind: string;
  /** The layer or weight; "" for the whole network. Of each kind a place is warned of once. */
  readonly place: string;
  readonly message: string;
}

/** So many places with the same trouble at the same time are told one by one; more are told as one. */
const ONE_BY_ONE = 3;
/** How many of those are named. */
const NAMED = 6;

/** What to tell: many of a kind become the first, and the names of the others. */
export function told(warnings: readonly Warning[]): string[] {
  const kinds = new Set(warnings.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const [first, ...others] = warnings.filter((warning) => warning.kind === kind);
    if (first === undefined || others.length < ONE_BY_ONE) return [first, ...others].flatMap((w) => w?.message ?? []);
    const names = others.slice(0, NAMED).map(({ place }) => place);
    const more = others.length > NAMED ? ` and ${others.length - NAMED} others` : "";
    return [`${first.message} The same in ${names.join(", ")}${more}.`];
  });
}

/** The least share of a layer's units that is worth a warning. */
const DEAD = 0.3;
const SATURATED = 0.5;
/** The usual range of a step's move, as a share of the weight. */
const [SLOW, FAST] = [1e-5, 1e-1];
/** Epochs of training losses that are compared, and the share that they differ by. */
const [EPOCHS, STILL] = [4, 0.01];
/** How much of the largest gradient a layer gets at least. */
const FADED = 1e-6;

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/**
 * Units that are dead or saturated.
 * @param inside the layers that are not the network's output, where saturation is certainty
 */
export function idleUnits(layers: readonly LayerHealth[], samples: number, inside: ReadonlySet<string>): Warning[] {
  return layers.flatMap(({ layer, dead, saturated = 0 }) => {
    const found: Warning[] = [];
    if (dead !== undefined && dead.share >= DEAD)
      found.push({
        kind: "dead",
        place: layer,
        message:
          `${layer}: ${percent(dead.share)} of its units (${dead.units.length}) are above 0 for none of ${samples} examples: ` +
          "dead, they learn nothing. Try a lower learning rate, leakyRelu(), or batchNorm() before it.",
      });
    if (saturated >= SATURATED && inside.has(layer))
      found.push({
        kind: "saturated",
        place: layer,
        message:
          `${layer}: ${percent(saturated)} of its numbers are at the ends of its range, where the gradient is almost 0. ` +
          "Try smaller initial weights, batchNorm() or layerNorm() before it, or data with mean 0 and deviation 1.",
      });
    return found;
  });
}

/** The last layer that the gradient hardly reaches; none where gradients were not measured. */
export function fadingGradients(layers: readonly LayerHealth[], inside: ReadonlySet<string>): Warning[] {
  const sizes = layers.map(({ gradient }) => (gradient === undefined ? 0 : Math.hypot(gradient.mean, gradient.std)));
  const most = Math.max(...sizes);
  // The first of them is where to look: those before it get no more.
  const faded = (size: number) => size > 0 && size < FADED * most;
  const last = layers.findLastIndex(({ layer }, i) => inside.has(layer) && faded(sizes[i] as number));
  const layer = layers[last]?.layer;
  if (layer === undefined) return [];
  return [
    {
      kind: "fading",
      place: "",
      message:
        `${layer}: the loss's gradient here is ${((sizes[last] as number) / most).toExponential(1)} of the largest: what lies before ` +
        "hardly learns. Try residual(), batchNorm(), or relu() instead of sigmoid() and tanh().",
    },
  ];
}

/**
 * Weights that move too little or too much. What a step moves is judged so that the doubt favours the network: `steps`
 * steps that move a weight by m moved it by m / steps each at least, and (if they went in all directions) by
 * m / sqrt(steps) each.
 * @param kernels the weights that are judged one by one: not biases, which begin at 0, so that no move is a share of them
 * @param late whether steps are meant to be small now
 */
export function unusualMoves(
  weights: readonly WeightHealth[],
  kernels: ReadonlySet<string>,
  steps: number,
  late: boolean,
): Warning[] {
  const still = weights.filter(({ moved }) => moved === 0);
  if (still.length === weights.length && weights.length > 0 && !late)
    return [
      {
        kind: "still",
        place: "",
        message: `no weight moved in ${steps} ${steps === 1 ? "step" : "steps"}. Raise the learning rate, or see whether the loss depends on the weights.`,
      },
    ];
  return weights.flatMap(({ weight, std, moved }) => {
    // What does not move at all is frozen, or behind dead units.
    if (!kernels.has(weight) || moved === 0 || std === 0) return [];
    const [least, most] = [moved / std / steps, moved / std / Math.sqrt(steps)];
    if (most < SLOW && !late) return [moveWarning("slow", weight, most, "Raise the learning rate.")];
    if (least > FAST)
      return [moveWarning("fast", weight, least, "Lower the learning rate, or clip the gradients by their norm.")];
    return [];
  });
}

const moveWarning = (kind: string, weight: string, share: number, wayOut: string): Warning => ({
  kind,
  place: weight,
  message: `${weight}: a step moves it by about ${share.toExponential(1)} of its size; 1e-3 is usual. ${wayOut}`,
});

/** A training loss that has not moved since the start. @param losses one an epoch */
export function stuckLoss(losses: readonly number[]): Warning[] {
  const recent = losses.slice(-EPOCHS);
  const [first = 0, now = 0] = [losses[0], losses.at(-1)];
  const spread = Math.max(...recent) - Math.min(...recent);
  if (recent.length < EPOCHS || spread > STILL * Math.abs(now) || Math.abs(now - first) > 0.1 * Math.abs(first))
    return [];
  return [
    {
      kind: "loss",
      place: "",
      message:
        `loss: it was ${first.toPrecision(4)} in the first epoch and is ${now.toPrecision(4)} after ${losses.length}: it does not move. ` +
        "Try a learning rate ten times higher and ten times lower, see that targets belong to their inputs, and let it learn one batch by heart.",
    },
  ];
}
