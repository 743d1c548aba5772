export { type EvaluateOptions, evaluate, type Scores } from "./evaluate.js";
export { type EpochRecord, type FitOptions, fit, type Run } from "./fit.js";
export {
  accuracy,
  ConfusionMatrix,
  type Counter,
  f1,
  type Metric,
  meanAbsoluteError,
  precision,
  predictedClass,
  recall,
  rocAuc,
  rSquared,
  topK,
} from "./metrics.js";
export { type Progress, type ProgressReporter, registerTrainingHost, type TrainingHost } from "./progress.js";
export { loadBytes, saveBytes } from "./save.js";
