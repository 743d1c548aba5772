export type { Optimizer, Schedule, Update, UpdateRule } from "./optimizer.js";
export { type AdamOptions, adam, adamW, type RmspropOptions, rmsprop, type SgdOptions, sgd } from "./optimizers.js";
export { cosine } from "./schedules.js";
