import { DataError, OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { random } from "../../base/random.js";
import { type Batch, checkIndices, type Dataset } from "../dataset.js";
import type { TextEncoding } from "../encoding.js";
import type { Tokenizer } from "./tokenizer.js";

/** Tokens in order, in memory or elsewhere. */
export interface TokenSource {
  readonly length: number;
  /** `count` tokens from position `start`, int32 [count]. */
  read(start: number, count: number): Int32Array | Promise<Int32Array>;
}

export interface TokenWindowsOptions {
  /** The tokenizer that made the tokens; it is saved with the network. */
  readonly tokenizer: Tokenizer;
  /** Tokens of an example. */
  readonly length: number;
  /**
   * Whether examples follow each other, for `fit(..., { stateful: true, batchSize: rows })`: row j of a batch goes on where
   * row j of the batch before ended. Defaults to false.
   */
  readonly ordered?: boolean;
  /** With `ordered`: how many stretches of the text are read side by side, the batch size of `fit`. */
  readonly rows?: number;
}

/**
 * Data for a language model: `input` is `length` tokens, int32 [length], `target` the same moved on by one, the token
 * that comes next at each place.
 *
 * By default the windows lie end to end, so that an epoch shows each token about once; while training, each window is
 * moved at random by up to its length (depending on `draw` alone), so that no epoch has the windows of another.
 *
 * With `ordered`, the text is divided into `rows` stretches of equal length, and batch k has the k-th window of each. What
 * is left at the ends of the stretches is not used.
 * @param tokens int32 tokens, or a source that reads them, such as `textFile` gives
 * @throws DataError when there are not enough tokens for a window (and with `ordered`, for one in each row)
 */
export function tokenWindows(tokens: Int32Array | TokenSource, options: TokenWindowsOptions): Dataset {
  checkOptions("tokenWindows", options, ["tokenizer", "length", "ordered", "rows"]);
  const { tokenizer, length, ordered = false, rows } = options;
  checkNumber("tokenWindows", "length", length, { low: 1, high: 2 ** 24, integer: true });
  if (ordered !== (rows !== undefined))
    throw new OptionError("ordered and rows belong together: { ordered: true, rows: 32 }.", { place: "tokenWindows" });
  const stretches = rows ?? 1;
  checkNumber("tokenWindows", "rows", stretches, { low: 1, high: 2 ** 24, integer: true });
  const source = tokens instanceof Int32Array ? inMemory(tokens) : tokens;
  // The last token is a target only.
  const last = source.length - 1;
  const each = Math.floor(Math.floor(last / stretches) / length);
  if (each < 1)
    throw new DataError(
      `${source.length} tokens are too few for ${stretches} ${stretches === 1 ? "window" : "rows"} of ${length} and the token ` +
        "after. Give more text, or a smaller length or fewer rows.",
      { place: "tokenWindows", expected: stretches * length + 1, actual: source.length },
    );
  const count = each * stretches;
  const encoding: TextEncoding = { kind: "text", tokenizer: tokenizer.toJSON(), length };

  const startOf = (index: number, move: number): number =>
    ordered
      ? ((index % stretches) * each + Math.floor(index / stretches)) * length
      : Math.min(index * length + move, last - length);

  return {
    length: count,
    inputShapes: { input: [length] },
    targetShapes: { target: [length] },
    encoding,
    ...(ordered ? { ordered } : { overlap: 1 }),
    batch(indices, draw) {
      checkIndices(indices, count, "tokenWindows.batch");
      if (ordered && draw !== undefined) checkRows(indices, stretches);
      const moves = draw && !ordered ? random(draw.seed, "windows", draw.step) : undefined;
      const windows = Array.from(indices, (index) =>
        source.read(startOf(index, moves?.below(length) ?? 0), length + 1),
      );
      return windows.some((window) => window instanceof Promise)
        ? Promise.all(windows).then((read) => batchOf(read, length))
        : batchOf(windows as Int32Array[], length);
    },
  };
}

/** A part of a source, e.g. what is kept for the test. */
export function sliceTokens(source: TokenSource, start: number, end: number = source.length): TokenSource {
  checkNumber("sliceTokens", "start", start, { low: 0, high: source.length, integer: true });
  checkNumber("sliceTokens", "end", end, { low: start, high: source.length, integer: true });
  return { length: end - start, read: (from, count) => source.read(start + from, count) };
}

const inMemory = (tokens: Int32Array): TokenSource => ({
  length: tokens.length,
  read: (start, count) => tokens.subarray(start, start + count),
});

/** A batch that does not have one window of each row would mix up whose state is whose. */
function checkRows(indices: ArrayLike<number>, rows: number): void {
  const first = indices[0] as number;
  if (indices.length !== rows || first % rows !== 0 || indices[rows - 1] !== first + rows - 1)
    throw new DataError(
      `this text is read in ${rows} rows, so a batch is ${rows} examples in order, got ${indices.length}. ` +
        `Give fit batchSize: ${rows}, and keep some text aside instead of validation: a share.`,
      { place: "tokenWindows", expected: rows, actual: indices.length },
    );
}

function batchOf(windows: readonly Int32Array[], length: number): Batch {
  const shape = [windows.length, length];
  const [input, target] = [new Int32Array(windows.length * length), new Int32Array(windows.length * length)];
  windows.forEach((window, row) => {
    input.set(window.subarray(0, length), row * length);
    target.set(window.subarray(1), row * length);
  });
  return {
    inputs: { input: { dtype: "int32", shape, data: input } },
    targets: { target: { dtype: "int32", shape, data: target } },
  };
}
