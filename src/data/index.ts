export { type AugmentOptions, augment } from "./augment.js";
export { type Cifar10Options, type Cifar100Options, cifar10, cifar100 } from "./cifar.js";
export { type Csv, type CsvOptions, csv } from "./csv.js";
export { type Batch, type Dataset, type LabelledDataset, subset } from "./dataset.js";
export type {
  BooleanFeature,
  CategoryFeature,
  Encoding,
  FeatureEncoding,
  ImageEncoding,
  LatentEncoding,
  NumberFeature,
  SeriesBase,
  SeriesEncoding,
  SeriesVariable,
  SoundEncoding,
  SoundFeatures,
  TableEncoding,
  TargetEncoding,
  TextEncoding,
  ValuesEncoding,
} from "./encoding.js";
export { fashionClasses, idx, type MnistOptions, mnist } from "./idx.js";
export { decodeImage, encodeImage, type ImageEncodingOptions, imageEncoding, toPlanes } from "./images.js";
export type { FileOptions } from "./inflate.js";
export { countClasses } from "./labels.js";
export {
  type DrawnLeavesOptions,
  drawLeaf,
  drawLeafScene,
  drawnLeaves,
  type LeafScene,
  leafKinds,
  type Pose,
} from "./leaves/index.js";
export { type DatasetOptions, dataset, type MemoryDataset } from "./memory.js";
export {
  type GridOptions,
  gridOfGaussians,
  type MixtureDataset,
  type RingOptions,
  ringOfGaussians,
} from "./mixtures.js";
export { type MixupOptions, mixup } from "./mixup.js";
export { npy, npz } from "./npz.js";
export { parseEncoding } from "./parseEncoding.js";
export {
  type CalendarFeature,
  type Clock,
  calendarOf,
  coverage,
  drift,
  type EncodeSeriesOptions,
  encodeSeries,
  exponentialSmoothing,
  type FitSeriesOptions,
  type Forecast,
  type ForecastScoreOptions,
  type ForecastScores,
  fitSeries,
  forecastScores,
  type Series,
  type SeriesDataOptions,
  type SeriesDataset,
  type SeriesOptions,
  type SeriesTreatment,
  type Smoothed,
  type SmoothingKind,
  type SmoothingOptions,
  type SmoothingParameters,
  seasonalNaive,
  seasonOf,
  series,
  seriesData,
} from "./series/index.js";
export { augmentSounds, type SoundAugmentOptions } from "./sound/augment.js";
export {
  encodeSounds,
  type LabelledSounds,
  type SoundDataOptions,
  type SoundDataset,
  soundData,
} from "./sound/data.js";
export { featuresOf, type SoundFeatureOptions, soundFeatures } from "./sound/features.js";
export { resample } from "./sound/resample.js";
export { mono, type Sound, wav } from "./sound/wav.js";
export { folds, type SplitOptions, split } from "./split.js";
export { type ColumnKind, selectRows, type Table, type TableColumn, type TableOptions, table } from "./table.js";
export { type TableDataOptions, tableData } from "./tableData.js";
export { decodeTarget, encodeRow, encodeTable, featureNames, type TableRecord } from "./tableEncode.js";
export { type FitTableOptions, fitTable } from "./tableFit.js";
export { type BytePairTokenizerOptions, bytePairTokenizer } from "./text/bytePairs.js";
export { type CharacterEncoding, parseText, type TextOptions } from "./text/bytes.js";
export { type CharacterTokenizerOptions, characterTokenizer } from "./text/characters.js";
export { encodeTexts, type TextDataOptions, type TextEncodingOptions, textData } from "./text/data.js";
export { type LabelledCsvOptions, type LabelledTexts, labelledCsv, labelledLines } from "./text/labelled.js";
export type { Tokenizer, TokenizerJson } from "./text/tokenizer.js";
export { parseTokenizer, type TokenKind, tokenizerFrom } from "./text/tokenizers.js";
export { sliceTokens, type TokenSource, type TokenWindowsOptions, tokenWindows } from "./text/windows.js";
export { type WordTokenizerOptions, wordTokenizer } from "./text/words.js";
export { encodeValues, type Values } from "./values.js";
export { weighted } from "./weighted.js";
