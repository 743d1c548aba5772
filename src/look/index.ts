export {
  type BestDiscriminator,
  bestDiscriminator,
  type Density,
  type GameValue,
  gameValue,
  type SurfaceError,
  surfaceError,
} from "./bestDiscriminator.js";

export { type FeaturesOptions, featuresOf } from "./classifierFeatures.js";

export { asAsked, type ClassMeasureOptions, rarestClass } from "./classMeasures.js";
export { type ColourScale, positiveScale, type Rgb, scaleFor, signedScale } from "./colour.js";
export { type Cut, type CutStates, type CutStatesOptions, cutStates } from "./cutStates.js";
export { type DepthLayer, type DepthOptions, type DepthProfile, depthProfile } from "./depth.js";
export { type DepthChartOptions, depthChart } from "./depthChart.js";
export {
  type DiscriminatorSurface,
  type DiscriminatorSurfaceOptions,
  discriminatorSurface,
} from "./discriminatorSurface.js";
export {
  type DissectGeneratorOptions,
  type Dissection,
  dissectGenerator,
  type UnitEffect,
} from "./dissectGenerator.js";
export { type FeatureMap, type FeatureMapOptions, type FeatureMaps, featureMaps, type Scope } from "./featureMaps.js";
export { type ForecastChartOptions, forecastChart } from "./forecastChart.js";
export { frechetDistance, gaussianFrechetDistance } from "./frechet.js";
export { type FrechetOptions, frechet } from "./frechetMeasure.js";
export { type GameChartOptions, gameChart } from "./gameChart.js";
export type { GridOptions, PlaneGrid } from "./gameGrid.js";
export type { LatentOptions } from "./gameLatents.js";
export type { GameParts } from "./gameMarks.js";
export type { GameMeasure, SpaceOptions } from "./gameMeasure.js";
export {
  type DissectionPictureOptions,
  dissectionPicture,
  walkPicture,
  whyFakePicture,
} from "./gamePictures.js";
export { type GameWarnings, type GameWarningsOptions, gameWarnings } from "./gameWarnings.js";
export {
  type GeneratorArrows,
  type GeneratorArrowsOptions,
  generatorArrows,
} from "./generatorArrows.js";
export {
  type GeneratorManifold,
  type GeneratorManifoldOptions,
  generatorManifold,
} from "./generatorManifold.js";
export { type Health, type HealthOptions, health } from "./health.js";
export type { LayerHealth, Origin, Sizes } from "./healthLayer.js";
export {
  type HealthRecord,
  type HealthRecorder,
  type HealthRecorderOptions,
  healthRecorder,
} from "./healthRecorder.js";
export { healthTable } from "./healthTable.js";
export type { WeightHealth } from "./healthWeights.js";
export {
  type HiddenStates,
  type HiddenStatesOptions,
  hiddenStates,
  type Saturation,
} from "./hiddenStates.js";
export { type HiddenStatesChartOptions, hiddenStatesChart } from "./hiddenStatesChart.js";
export { type HiddenStatesPictureOptions, hiddenStatesPicture } from "./hiddenStatesPicture.js";
export { type KernelOptions, type Kernels, type KernelTile, kernels } from "./kernels.js";
export { type LatentWalk, type LatentWalkOptions, latentWalk, type Stop } from "./latentWalk.js";
export { type MatchPatternOptions, matchPattern, type PatternMatch, type PatternMatches } from "./matchPattern.js";
export { cutStatesChart, type MemoryChartOptions, stateGradientsChart, swapStepsChart } from "./memoryCharts.js";
export {
  type CoveredOptions,
  type Mixture,
  type ModeCounts,
  type ModeOptions,
  modeCounts,
  modesCovered,
  shareNearModes,
} from "./modes.js";
export {
  type NearestExamples,
  type NearestExamplesOptions,
  nearestExamples,
  type SampleNeighbours,
} from "./nearestExamples.js";
export type { ChangeMeasure } from "./outputChange.js";
export { blank, enlarge, heatmap, type Picture, type TileOptions, tiles } from "./picture.js";

export { type PictureGridOptions, pictureGrid } from "./pictureGrid.js";

export { type SamplePrecisionOptions, samplePrecision, sampleRecall } from "./precisionMeasures.js";
export { type PrecisionRecall, type PrecisionRecallOptions, precisionRecall } from "./precisionRecall.js";

export { type Field, fieldOfCell, type ReceptiveFieldOptions, receptiveField } from "./receptiveField.js";
export { renderFeatureMaps } from "./renderFeatureMaps.js";
export { type RenderForecastOptions, renderForecast } from "./renderForecast.js";
export { type RenderHiddenStatesOptions, renderHiddenStates } from "./renderHiddenStates.js";
export {
  type RenderMemoryOptions,
  renderCutStates,
  renderStateGradients,
  renderSwappedSteps,
} from "./renderMemory.js";
export { renderTokens } from "./renderTokens.js";
export { replay } from "./replay.js";
export {
  type SampleHistogram,
  sampleDivergence,
  sampleHistogram,
} from "./sampleHistogram.js";
export { type SpreadOptions, spread } from "./spread.js";
export { type StateGradients, type StateGradientsOptions, stateGradients } from "./stateGradients.js";
export { type SwappedLayer, type SwappedSteps, type SwapStepsOptions, swapSteps } from "./swapSteps.js";
export type { Target } from "./target.js";
export { renderPicture, type TerminalOptions } from "./terminal.js";
export { type Trace, type TraceOptions, trace } from "./trace.js";
export type { UnitOrder } from "./unitOrder.js";
export type { Checked } from "./values.js";
export { type HealthWarnings, type HealthWarningsOptions, healthWarnings } from "./warnings.js";
export { type WhyFake, type WhyFakeOptions, whyFake } from "./whyFake.js";
