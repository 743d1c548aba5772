// Names in a step's graphs, each with a slash, which the names of inputs have not. Weights and inputs keep their own.

export const LOSS = "step/loss";
/** NaN or Inf where a gradient or a running statistic is. */
export const CHECK = "step/check";
/** Of all gradients together, before they are clipped by it. */
export const NORM = "step/norm";
/** How much of the new weights goes into their average. */
export const SHARE = "average/share";

export const prediction = (name: string): string => `prediction/${name}`;
/** What an input becomes for the next step. */
export const next = (name: string): string => `next/${name}`;
/** What an optimizer remembers of a group of weights. */
export const slot = (group: string, name: string): string => `optimizer/${group}/${name}`;
/** A number of the n-th optimizer, from 0. */
export const scalar = (n: number, name: string): string => `optimizer/${n === 0 ? "" : `${n + 1}/`}${name}`;
export const average = (group: string): string => `average/${group}`;
export const accumulated = (group: string): string => `accumulated/${group}`;
