import { type SeriesEncoding, type SoundEncoding, type TextEncoding, tokenizerFrom } from "../data/index.js";
import type { Call, InputRecipe, LayerName } from "./call.js";

export type SequenceEncoding = SeriesEncoding | SoundEncoding | TextEncoding;
export type SequenceNet = "lstm" | "gru";

/** How much training sequences need. */
export interface SequenceHabits {
  readonly net: SequenceNet;
  readonly learningRate: number;
  /** Examples looked at in all, and the most epochs. */
  readonly seen: readonly [examples: number, epochs: number];
}

/** What is chosen where nothing is asked for. */
export function sequenceHabits(encoding: SequenceEncoding): SequenceHabits {
  if (encoding.kind === "series") return { net: "gru", learningRate: 2e-3, seen: [100_000, 60] };
  if (encoding.kind === "sound") return { net: "gru", learningRate: 2e-3, seen: [20_000, 80] };
  if (encoding.classes !== undefined) return { net: "lstm", learningRate: 2e-3, seen: [50_000, 30] };
  return { net: "lstm", learningRate: 4e-3, seen: [8_000_000 / encoding.length, 30] };
}

/** Tokens, stretches of sound or time steps; of examples of different length, how many count. */
export function sequenceInput(encoding: SequenceEncoding, input: readonly number[]): InputRecipe {
  if (encoding.kind === "series") return { input };
  const counted = encoding.classes === undefined ? {} : { lengths: true as const };
  return { input, ...(encoding.kind === "text" && { dtype: "int32" as const }), ...counted };
}

/** A language model scores every token at every place; the others read to the end and then answer. */
export function sequenceLayers(net: SequenceNet, encoding: SequenceEncoding, outputs: number): Call<LayerName>[] {
  if (encoding.kind === "series") {
    const { horizon, quantiles = [] } = encoding;
    return [
      [net, 32, { returns: "last" }],
      ["dense", horizon * quantiles.length],
      ["reshape", [horizon, quantiles.length]],
    ];
  }
  if (encoding.kind === "sound")
    return [
      [net, 64, { layers: 2, bidirectional: true, returns: "last", dropout: 0.2 }],
      ["dropout", 0.4],
      ["dense", outputs],
    ];
  const { size } = tokenizerFrom(encoding.tokenizer);
  if (encoding.classes === undefined)
    return [
      ["embedding", size, 64],
      [net, 256],
      ["dense", size],
    ];
  return [
    // Small at first: with the usual deviation of 1, words that are rare stay noise.
    ["embedding", size, 64, { initializer: { normal: 0.1 } }],
    ["dropout", 0.5],
    [net, 64, { bidirectional: true, returns: "last" }],
    ["dropout", 0.5],
    ["dense", outputs],
  ];
}
