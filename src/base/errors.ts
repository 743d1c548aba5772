/** What went wrong, in machine-readable form; every field is optional and kind-specific. */
export interface ErrorFields {
  /** The layer, op, file or option the error is about, e.g. `dense_2` or `train.csv:17`. */
  readonly place?: string;
  readonly expected?: unknown;
  readonly actual?: unknown;
  /** The training step, from 1, at which it happened. */
  readonly step?: number;
  readonly cause?: unknown;
}

/**
 * The base of every error midst raises on purpose. The message names the place, both values and the way out;
 * the same facts are in the fields.
 */
export class MidstError extends Error {
  readonly place: string | undefined;
  readonly expected: unknown;
  readonly actual: unknown;
  readonly step: number | undefined;

  constructor(message: string, fields: ErrorFields = {}) {
    super(fields.place === undefined ? message : `${fields.place}: ${message}`, {
      cause: fields.cause,
    });
    this.name = new.target.name;
    this.place = fields.place;
    this.expected = fields.expected;
    this.actual = fields.actual;
    this.step = fields.step;
  }
}

/** Shapes, dtypes or axes that do not fit together. */
export class ShapeError extends MidstError {}
/** An option that does not exist or is out of its range. */
export class OptionError extends MidstError {}
/** Data that cannot be used as it stands: labels out of range, ragged rows, empty folders. */
export class DataError extends MidstError {}
/** A file whose bytes are not what its format promises. */
export class FormatError extends MidstError {}
/** The engine that runs the graphs is missing or refused a graph. */
export class EngineError extends MidstError {}
/** A NaN or Inf where a number was needed. */
export class NumericError extends MidstError {}
