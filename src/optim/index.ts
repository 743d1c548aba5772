export { averaged, newShare } from "./average.js";
export { type ClipOptions, checkClip, clipped } from "./clip.js";
export type { Optimizer, Schedule, Update, UpdateRule } from "./optimizer.js";
export { at } from "./optimizer.js";
export { type AdamOptions, adam, adamW, type RmspropOptions, rmsprop, type SgdOptions, sgd } from "./optimizers.js";
export { cosine, type OneCycleOptions, oneCycle, stepDecay } from "./schedules.js";
