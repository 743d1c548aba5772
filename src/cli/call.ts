/** A function of midst and what it is called with: `["conv2d", 32, 3, { padding: "same" }]`. */
export type Call<N extends string = string> = readonly [name: N, ...args: unknown[]];

/** The layers that recipes are made of. */
export type LayerName =
  | "batchNorm"
  | "conv2d"
  | "dense"
  | "dropout"
  | "embedding"
  | "flatten"
  | "globalAvgPool"
  | "gru"
  | "lstm"
  | "maxPool2d"
  | "relu"
  | "reshape";

/** What `sequential` is told of its input. */
export interface InputRecipe {
  readonly input: readonly number[];
  readonly dtype?: "int32";
  readonly lengths?: true;
}
