export { drift, seasonalNaive } from "./baselines.js";
export { calendarOf } from "./choose.js";
export {
  type EncodeSeriesOptions,
  encodeSeries,
  type SeriesDataOptions,
  type SeriesDataset,
  seriesData,
} from "./data.js";
export { type FitSeriesOptions, fitSeries } from "./fit.js";
export type { Forecast } from "./forecast.js";
export { type Series, type SeriesOptions, type SeriesTreatment, series } from "./read.js";
export { coverage, type ForecastScoreOptions, type ForecastScores, forecastScores } from "./scores.js";
export {
  exponentialSmoothing,
  type Smoothed,
  type SmoothingKind,
  type SmoothingOptions,
  type SmoothingParameters,
} from "./smoothing.js";
export { type CalendarFeature, type Clock, seasonOf } from "./time.js";
