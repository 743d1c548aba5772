export { type LoweredValue, type LowerOptions, lower, type OnnxModel } from "./lower.js";
