/**
 * Optimisations of ORT that no training graph has a use for: of quantised models, of whole attention and normalisation
 * patterns whose inner values a backward pass needs anyway. Each looks through the whole graph, in time that grows with
 * the square of its size: without them, a network of 110 layers is ready in two thirds of the time.
 */
export const skippedInTraining = [
  // Quantised models.
  "DoubleQDQPairsRemover",
  "EnsureUniqueDQForNodeUnit",
  "QDQFinalCleanupTransformer",
  "QDQPropagationTransformer",
  "QDQS8ToU8Transformer",
  "QDQSelectorActionTransformer",
  "WhereDummyDq",
  "WeightBiasQuantization",
  "DynamicQuantizeMatMulFusion",
  "MatMulIntegerToFloatFusion",
  "MatMulNBitsFusion",
  // Patterns.
  "AttentionFusion",
  "BiasDropoutFusion",
  "BiasGeluFusion",
  "BiasSkipLayerNormFusion",
  "BiasSoftmaxFusion",
  "EmbedLayerNormFusion",
  "FastGeluFusion",
  "GatherSliceToSplitFusion",
  "GatherToSliceFusion",
  "GeluFusionL1",
  "GeluFusionL2",
  "GroupQueryAttentionFusion",
  "GroupQueryAttentionPreNormFusion",
  "LayerNormFusionL1",
  "LayerNormFusionL2",
  "QuickGeluFusion",
  "SimplifiedLayerNormFusion",
  "SkipLayerNormFusion",
  "SliceConcatToSpaceToDepthFusion",
  // Lengths fixed by session options, which midst does not set.
  "FreeDimensionOverrideTransformer",
].join(";");
