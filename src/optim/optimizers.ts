import { OptionError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Value } from "../graph/index.js";
import { add, div, mul, sqrt, square, sub } from "../ops/index.js";
import {
  at,
  checkEpsilon,
  checkPositive,
  checkSchedule,
  checkShare,
  type Optimizer,
  type Schedule,
  settingsOf,
  type UpdateRule,
} from "./optimizer.js";

export interface SgdOptions {
  /** Per step; defaults to 0.01. */
  readonly learningRate?: Schedule;
  /** The share of the last velocity kept, in [0, 1); defaults to 0. */
  readonly momentum?: number;
  /** Looks ahead along the velocity (Nesterov 1983), which needs a momentum; defaults to false. */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the weight (L2); defaults to 0. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent, momentum as in PyTorch: v = momentum v + g, w = w - rate v. */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions("sgd", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkSchedule("sgd", learningRate);
  checkShare("sgd", "momentum", momentum);
  checkPositive("sgd", "weightDecay", weightDecay);
  if (nesterov && momentum === 0)
    throw new OptionError("nesterov looks ahead along the velocity: give a momentum, e.g. 0.9.", { place: "sgd" });
  return {
    name: "sgd",
    settings: settingsOf({ learningRate, momentum, nesterov, weightDecay }),
    slots: momentum === 0 ? [] : ["velocity"],
    scalars: (step, factor = 1) => ({ rate: at("sgd", learningRate, step) * factor }),
    learningRate: (step) => at("sgd", learningRate, step),
    update: (rule) => {
      const g = decayed(rule, weightDecay);
      const { rate } = rule.scalars as { rate: Value };
      if (momentum === 0) return { parameter: sub(rule.parameter, mul(g, rate)), state: {} };
      const velocity = add(mul(rule.state.velocity as Value, momentum), g);
      const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
      return { parameter: sub(rule.parameter, mul(direction, rate)), state: { velocity } };
    },
  };
}

const decayed = ({ gradient, parameter }: UpdateRule, weightDecay: number): Value =>
  weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));

export interface AdamOptions {
  /** Per step; defaults to 0.001. */
  readonly learningRate?: Schedule;
  /** The share of the mean of the gradients kept per step, in [0, 1); defaults to 0.9. */
  readonly beta1?: number;
  /** The share of the mean of their squares kept per step, in [0, 1); defaults to 0.999. */
  readonly beta2?: number;
  /** Added to the root, above 0; defaults to 1e-8. */
  readonly epsilon?: number;
  /**
   * adam: added to the gradient, times the weight (L2), defaults to 0. adamW: the weight times the rate times this is
   * taken off the weight, defaults to 0.01.
   */
  readonly weightDecay?: number;
}

/** Adam (Kingma & Ba 2015). */
export const adam = (options: AdamOptions = {}): Optimizer => adamLike("adam", { weightDecay: 0, ...options }, false);

/** Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019). */
export const adamW = (options: AdamOptions = {}): Optimizer =>
  adamLike("adamW", { weightDecay: 0.01, ...options }, true);

/**
 * The moments are kept without their factors (1 - beta), and the bias corrections folded into two numbers per step:
 * w = w - rate' m / (sqrt v + epsilon'), which is ten passes over memory instead of fourteen.
 */
function adamLike(name: string, options: AdamOptions, decoupled: boolean): Optimizer {
  checkOptions(name, options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  checkSchedule(name, learningRate);
  checkShare(name, "beta1", beta1);
  checkShare(name, "beta2", beta2);
  checkEpsilon(name, epsilon);
  checkPositive(name, "weightDecay", weightDecay);
  return {
    name,
    settings: settingsOf({ learningRate, beta1, beta2, epsilon, weightDecay }),
    slots: ["m", "v"],
    scalars: (step, factor = 1) => {
      const rate = at(name, learningRate, step) * factor;
      const root = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return {
        rate: (rate * (1 - beta1)) / (1 - beta1 ** step) / root,
        epsilon: epsilon / root,
        ...(decoupled && { keep: 1 - rate * weightDecay }),
      };
    },
    learningRate: (step) => at(name, learningRate, step),
    update: (rule) => {
      const { rate, epsilon: offset, keep } = rule.scalars as { rate: Value; epsilon: Value; keep?: Value };
      const g = decoupled ? rule.gradient : decayed(rule, weightDecay);
      const m = add(mul(rule.state.m as Value, beta1), g);
      const v = add(mul(rule.state.v as Value, beta2), square(g));
      const weight = keep === undefined ? rule.parameter : mul(rule.parameter, keep);
      return { parameter: sub(weight, mul(div(m, add(sqrt(v), offset)), rate)), state: { m, v } };
    },
  };
}

export interface RmspropOptions {
  /** Per step; defaults to 0.01. */
  readonly learningRate?: Schedule;
  /** The share of the mean square kept per step, in [0, 1); defaults to 0.99. */
  readonly decay?: number;
  /** Added to the root, above 0; defaults to 1e-8. */
  readonly epsilon?: number;
  /** The share of the last velocity kept, in [0, 1); defaults to 0. */
  readonly momentum?: number;
  /** Added to the gradient, times the weight (L2); defaults to 0. */
  readonly weightDecay?: number;
}

/** RMSprop (Tieleman & Hinton 2012), epsilon outside the root as in PyTorch. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkOptions("rmsprop", options, ["learningRate", "decay", "epsilon", "momentum", "weightDecay"]);
  const { learningRate = 0.01, decay = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = options;
  checkSchedule("rmsprop", learningRate);
  checkShare("rmsprop", "decay", decay);
  checkShare("rmsprop", "momentum", momentum);
  checkEpsilon("rmsprop", epsilon);
  checkPositive("rmsprop", "weightDecay", weightDecay);
  return {
    name: "rmsprop",
    settings: settingsOf({ learningRate, decay, epsilon, momentum, weightDecay }),
    slots: momentum === 0 ? ["square"] : ["square", "velocity"],
    scalars: (step, factor = 1) => ({ rate: at("rmsprop", learningRate, step) * factor }),
    learningRate: (step) => at("rmsprop", learningRate, step),
    update: (rule) => {
      const { rate } = rule.scalars as { rate: Value };
      const g = decayed(rule, weightDecay);
      const meanSquare = add(mul(rule.state.square as Value, decay), mul(square(g), 1 - decay));
      const direction = div(g, add(sqrt(meanSquare), epsilon));
      if (momentum === 0)
        return { parameter: sub(rule.parameter, mul(direction, rate)), state: { square: meanSquare } };
      const velocity = add(mul(rule.state.velocity as Value, momentum), direction);
      return { parameter: sub(rule.parameter, mul(velocity, rate)), state: { square: meanSquare, velocity } };
    },
  };
}
