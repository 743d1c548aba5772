import { describe, expect, it } from "vitest";
import {
  DataError,
  EngineError,
  FormatError,
  MidstError,
  NumericError,
  OptionError,
  ShapeError,
} from "../../src/base/errors.js";
import { checkNumber, checkOptions, nearest } from "../../src/base/options.js";

describe("options", () => {
  const known = ["strides", "padding", "dilations"];

  it("that exist pass", () => {
    expect(() => checkOptions("conv2d", {}, known)).not.toThrow();
    expect(() => checkOptions("conv2d", { padding: 1, strides: undefined }, known)).not.toThrow();
  });

  it("that do not exist are refused, with the nearest that does", () => {
    expect(() => checkOptions("conv2d", { stride: 2 }, known)).toThrow(
      'conv2d: unknown option "stride". Did you mean "strides"?',
    );
    expect(() => checkOptions("conv2d", { PADDING: 2 }, known)).toThrow('Did you mean "padding"?');
    expect(() => checkOptions("conv2d", { bias: true }, known)).toThrow("Known options: strides, padding, dilations.");
    try {
      checkOptions("conv2d", { stride: 2 }, known);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ place: "conv2d", actual: "stride", expected: known });
    }
  });

  it("nearest() goes two edits far", () => {
    expect(nearest("lerning", ["learning", "rate"])).toBe("learning");
    expect(nearest("larnin", ["learning"])).toBe("learning");
    expect(nearest("lrnin", ["learning"])).toBeUndefined();
    expect(nearest("rate", ["gate", "rate"])).toBe("rate");
    expect(nearest("", [])).toBeUndefined();
  });

  it("numbers keep their range", () => {
    expect(() => checkNumber("dropout", "rate", 0.5, { low: 0, high: 1 })).not.toThrow();
    expect(() => checkNumber("dropout", "rate", 1, { low: 0, high: 1 })).not.toThrow();
    expect(() => checkNumber("dropout", "rate", 1.5, { low: 0, high: 1 })).toThrow(
      "dropout: rate must be a number from 0 to 1, got 1.5.",
    );
    expect(() => checkNumber("dense", "units", 2.5, { low: 1, integer: true })).toThrow(
      "dense: units must be a whole number from 1, got 2.5.",
    );
    expect(() => checkNumber("dense", "units", Number.NaN)).toThrow(OptionError);
    expect(() => checkNumber("dense", "units", "3" as unknown as number)).toThrow("got 3.");
    expect(() => checkNumber("dense", "units", Number.POSITIVE_INFINITY, { integer: true })).toThrow(OptionError);
  });
});

describe("errors", () => {
  it("carry place, values, step and cause, and say their own name", () => {
    const cause = new Error("inner");
    const error = new ShapeError("expected 2, got 3.", { place: "dense_2", expected: 2, actual: 3, step: 7, cause });
    expect(error.message).toBe("dense_2: expected 2, got 3.");
    expect(error).toMatchObject({ name: "ShapeError", place: "dense_2", expected: 2, actual: 3, step: 7, cause });
    expect(new MidstError("plain").message).toBe("plain");
  });

  it("are kinds of one", () => {
    for (const Kind of [ShapeError, OptionError, DataError, FormatError, EngineError, NumericError]) {
      expect(new Kind("no")).toBeInstanceOf(MidstError);
      expect(new Kind("no")).toBeInstanceOf(Error);
      expect(new Kind("no").name).toBe(Kind.name);
    }
  });
});
