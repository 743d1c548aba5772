export { type LowerOptions, lower, type OnnxModel } from "./lower.js";
