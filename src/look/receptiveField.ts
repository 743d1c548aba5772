import { gradients } from "../autodiff/index.js";
import { MidstError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf, formatShape } from "../base/shape.js";
import { type Tensor, tensor, zeros } from "../base/tensor.js";
import { input as graphInput, nodesOf, type Value } from "../graph/index.js";
import { cellField, receptiveField as fieldOf, type ReceptiveField, type Span, type Traced } from "../nn/index.js";
import { mul, sum } from "../ops/index.js";
import { type Examples, inputsOf, type Network } from "../runtime/index.js";
import { type Checked, keptProbe, ofLayer } from "./values.js";

export interface ReceptiveFieldOptions {
  /** Which of the network's inputs; defaults to the first with spatial axes. */
  readonly input?: string;
  /** Examples for the effective field, which the weights and the numbers decide; without them it is not worked out. */
  readonly effective?: Examples;
  /** Of the effective field: one unit (channel); defaults to the sum of all. */
  readonly unit?: number;
}

export interface Field {
  readonly layer: string;
  readonly input: string;
  /** Per spatial axis of the input: size, jump and start in input positions, or "whole" or "none". */
  readonly axes: ReceptiveField;
  /**
   * The mean size of the slope of the layer's middle cell by each input position (Luo et al. 2016, "Understanding the
   * Effective Receptive Field"), over the examples and channels: [height, width] or [length].
   */
  readonly effective?: Tensor;
}

/**
 * How much of the input a cell of a layer sees: from the windows of the ops on the way, united over all branches. A
 * layer without positions of its own (dense) sees the whole.
 *
 * The check: with all kernels positive, the slopes of the first, the middle and the last cell by the input lines just
 * inside and just outside of the field: how many lines are seen that should not be, or not seen that should; 0 is exact.
 * @throws MidstError where the layer or the input does not exist, or the input has no spatial axes
 */
export async function receptiveField(
  net: Network,
  layer: string,
  options: ReceptiveFieldOptions = {},
): Promise<Checked<Field>> {
  checkOptions("receptiveField", options, ["input", "effective", "unit"]);
  const traced = net.traced(false);
  const value = ofLayer(traced.hidden, layer);
  const [name, x] = spatialInput(traced, options.input);
  const axes = fieldOf(value, x);
  const check = await countWrongLines(net, layer, value, name, x);
  if (options.effective === undefined) return { value: { layer, input: name, axes }, check };
  const effective = await effectiveField(net, layer, name, options.effective, options.unit);
  return { value: { layer, input: name, axes, effective }, check };
}

/**
 * The part of the input that one cell of a layer sees: first and last position per spatial axis, both included and
 * within the input; undefined where it sees nothing.
 * @param cell the cell's position along the layer's spatial axes
 */
export function fieldOfCell(
  net: Network,
  layer: string,
  cell: readonly number[],
  options: Pick<ReceptiveFieldOptions, "input"> = {},
): readonly Span[] | undefined {
  checkOptions("fieldOfCell", options, ["input"]);
  const traced = net.traced(false);
  return cellField(ofLayer(traced.hidden, layer), spatialInput(traced, options.input)[1], cell);
}

function spatialInput(traced: Traced, wanted: string | undefined): readonly [string, Value] {
  const inputs = Object.entries(traced.inputs);
  const found = inputs.find(([name, x]) => (wanted === undefined ? x.shape.length > 2 : name === wanted));
  if (found === undefined || found[1].shape.length < 3)
    throw new MidstError(
      `a receptive field needs an input [channels, ...positions]; there are ${inputs.map(([name, x]) => `${name} ${formatShape(x.shape.slice(1))}`).join(", ")}.`,
      { place: "receptiveField", actual: wanted },
    );
  return found;
}

const CELLS = "look/cells";

/** The slopes of chosen cells (all channels of each) by an input. */
const slopeProbe = (net: Network, layer: string, input: string) =>
  keptProbe(net, `cells ${JSON.stringify([layer, input])}`, (traced) => {
    const value = ofLayer(traced.hidden, layer);
    const total = sum(mul(value, graphInput(CELLS, value.shape)));
    return { slope: gradients(total, [asNumbers(value, traced.inputs[input] as Value)])[0] as Value };
  });

/** An input's value, or what its bytes become where they first are numbers: nothing has a slope by bytes. */
function asNumbers(value: Value, x: Value): Value {
  if (x.dtype === "float32") return x;
  const first = nodesOf([value]).find(({ inputs, outputs: [y] }) => inputs.includes(x) && y?.dtype === "float32");
  return first?.outputs[0] ?? x;
}

/** One line across the input that is or is not seen from a cell. */
interface Line {
  readonly cell: readonly number[];
  readonly axis: number;
  readonly position: number;
  readonly seen: boolean;
}

async function countWrongLines(net: Network, layer: string, value: Value, name: string, x: Value): Promise<number> {
  if (x.dtype !== "float32") return 0;
  const place = value.shape.slice(2) as number[];
  const cells = [(n: number) => 0 * n, (n: number) => Math.floor(n / 2), (n: number) => n - 1].map((at) =>
    place.map(at),
  );
  const lines = cells.flatMap((cell) => linesAround(value, x, cell));
  const shape = x.shape.slice(1) as number[];
  const pictures = zeros([lines.length, ...shape]);
  const masks = zeros([lines.length, ...(value.shape.slice(1) as number[])]);
  lines.forEach(({ cell, axis, position }, row) => {
    markLine(pictures, row, axis, position);
    markCell(masks, row, cell);
  });
  const asked = slopeProbe(net, layer, name);
  const others = Object.fromEntries(
    Object.entries(net.architecture.inputs).map(([n, s]) => [n, zeros([lines.length, ...s.shape], s.dtype)]),
  );
  const given = { ...positiveWeights(net.traced(false)), ...others, [name]: pictures, [CELLS]: masks };
  const { data } = (await asked.run(given)).slope as Tensor;
  const size = countOf(shape);
  return lines.filter(({ seen }, row) => {
    const reached = data
      .subarray(row * size, (row + 1) * size)
      .some((slope, i) => slope !== 0 && pictures.data[row * size + i] === 1);
    return reached !== seen;
  }).length;
}

/** The first and last line of the cell's field along each axis, and those next to it outside. */
function linesAround(value: Value, x: Value, cell: readonly number[]): Line[] {
  const spans = cellField(value, x, cell);
  return (x.shape.slice(2) as number[]).flatMap((length, axis) => {
    const span = spans?.[axis];
    const [first, last] = span ?? [0, length - 1];
    const all = [first - 1, first, last, last + 1].map((position) => ({
      cell,
      axis,
      position,
      seen: span !== undefined && position >= first && position <= last,
    }));
    return all.filter(({ position }) => position >= 0 && position < length);
  });
}

/** Ones along a line across an example, in all channels. */
function markLine({ data, shape }: Tensor, row: number, axis: number, position: number): void {
  const [, ...example] = shape;
  const after = countOf(example.slice(axis + 2));
  const length = example[axis + 1] as number;
  const size = countOf(example);
  for (let i = 0; i < size; i++) if (Math.floor(i / after) % length === position) data[row * size + i] = 1;
}

/** Ones at a cell, in all channels or the one given. */
function markCell({ data, shape }: Tensor, row: number, cell: readonly number[], unit?: number): void {
  const [, channels = 1, ...place] = shape;
  const area = countOf(place);
  const at = cell.reduce((index, c, axis) => index * (place[axis] as number) + c, 0);
  for (let c = 0; c < channels; c++) if (unit === undefined || unit === c) data[(row * channels + c) * area + at] = 1;
}

/**
 * Weights with which everything that is seen shows: kernels positive, what starts as zeros or ones as it starts. Sized
 * so that a path of many layers neither fades to 0 nor grows to Inf.
 */
function positiveWeights({ parameters }: Traced): Record<string, Tensor> {
  const weights = [...parameters].map(([name, { shape, initializer }]) => {
    const [, inputs = 1, ...kernel] = shape;
    const size = initializer === "zeros" ? 0 : initializer === "ones" ? 1 : 1 / (inputs * Math.sqrt(countOf(kernel)));
    return [name, tensor(new Float32Array(countOf(shape)).fill(size), shape)] as const;
  });
  return Object.fromEntries(weights);
}

async function effectiveField(
  net: Network,
  layer: string,
  input: string,
  examples: Examples,
  unit: number | undefined,
): Promise<Tensor> {
  const given = inputsOf(net.architecture.inputs, examples);
  const rows = (given[input] as Tensor).shape[0] as number;
  const shape = ofLayer(net.traced(false).hidden, layer).shape.slice(1) as number[];
  if (unit !== undefined)
    checkNumber("receptiveField", "unit", unit, { low: 0, high: (shape[0] as number) - 1, integer: true });
  const masks = zeros([rows, ...shape]);
  for (let row = 0; row < rows; row++)
    markCell(
      masks,
      row,
      shape.slice(1).map((n) => Math.floor(n / 2)),
      unit,
    );
  const { slope } = await slopeProbe(net, layer, input).run({ ...given, [CELLS]: masks });
  const [, channels = 1, ...place] = (slope as Tensor).shape;
  const area = countOf(place);
  const mean = new Float32Array(area);
  (slope as Tensor).data.forEach((s, i) => {
    mean[i % area] = (mean[i % area] as number) + Math.abs(s) / (rows * channels);
  });
  return tensor(mean, place);
}
