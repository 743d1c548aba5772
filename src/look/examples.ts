import { checkNumber } from "../base/options.js";
import type { Dataset } from "../data/index.js";
import { concatRows, type Examples, inputsOf, type Network, rowsOf, type Tensors } from "../runtime/index.js";

export const isDataset = (data: Dataset | Examples): data is Dataset =>
  "batch" in data && typeof data.batch === "function";

/** How many examples there are. */
export const countOfExamples = (net: Network, data: Dataset | Examples): number =>
  isDataset(data) ? data.length : (Object.values(inputsOf(net.architecture.inputs, data))[0]?.shape[0] as number);

/** One example: inputs `[1, ...]`, and targets where the data has some. */
export interface Single {
  readonly inputs: Tensors;
  readonly targets: Tensors;
}

/**
 * One example of some data.
 * @throws OptionError for a number that no example has
 */
export async function singleExample(net: Network, data: Dataset | Examples, example: number): Promise<Single> {
  checkNumber("look", "example", example, { low: 0, high: countOfExamples(net, data) - 1, integer: true });
  if (isDataset(data)) {
    const { inputs, targets } = await data.batch([example]);
    return { inputs: inputsOf(net.architecture.inputs, inputs), targets };
  }
  const inputs = Object.entries(inputsOf(net.architecture.inputs, data));
  const own = inputs.map(([name, value]) => [name, rowsOf(value, example, example + 1)] as const);
  return { inputs: Object.fromEntries(own), targets: {} };
}

/** One example so many times, as a batch. */
export const repeated = (inputs: Tensors, rows: number): Tensors => concatRows(new Array<Tensors>(rows).fill(inputs));
