import type { Clock } from "./time.js";

/** What is expected of one column, step by step of the horizon. */
export interface Forecast {
  /** The column. */
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds since 1970 (UTC), or plain numbers. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** In rising order, each with its values; those in the middle are the forecast itself. */
  readonly quantiles?: readonly { readonly quantile: number; readonly values: Float64Array }[];
}
