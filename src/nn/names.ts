import { OptionError } from "../base/errors.js";

/** What separates the parts of names: `residual_1/conv2d_1`, `conv2d_1.weight`, `dense_1:2`, `mul#3`, `lstm[12]`. */
const separators = /[/.:#[\]]/;

/** Throws unless this is a name for an input, an output or a layer. */
export function checkName(place: string, name: unknown): void {
  if (typeof name !== "string" || name === "" || separators.test(name) || name === "__proto__")
    throw new OptionError(`a name is a text without / . : # [ ], got ${JSON.stringify(name)}.`, {
      place,
      actual: name,
    });
}
