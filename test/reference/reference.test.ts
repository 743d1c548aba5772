import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/base/tensor.js";
import { type LayerFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";
import * as reference from "./index.js";
import { array, type NdArray } from "./index.js";

// The references are the truth for midst's ops, so they are held against PyTorch's numbers (9 digits) first.

const toArray = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }): NdArray => array(data, shape);

type Lengths = number | readonly number[] | undefined;

/** A fixture's options as a window over as many axes as x has. */
function windowOf({ options, x }: LayerFixture): reference.Window {
  const rank = x.shape.length - 2;
  const each = (option: Lengths, or: number) =>
    Array.from({ length: rank }, (_, i) => (typeof option === "object" ? (option[i] ?? or) : (option ?? or)));
  const padding = each(options.padding as Lengths, 0);
  return {
    strides: each((options.stride ?? options.size) as Lengths, 1),
    pads: [...padding, ...padding],
    dilations: each(options.dilation as Lengths, 1),
    groups: (options.groups as number | undefined) ?? 1,
  };
}

const kernelOf = ({ options, x }: LayerFixture): number[] =>
  x.shape
    .slice(2)
    .map((_, i) => (typeof options.size === "object" ? (options.size as number[])[i] : options.size) as number);

function weightOf({ layer, options, parameters, buffers }: LayerFixture): NdArray {
  const weight = toArray(parameters.weight ?? { data: [], shape: [] });
  if (options.spectralNorm !== true) return weight;
  return reference.spectralNorm(weight, toArray(buffers.weight_u as Tensor), layer === "convTranspose2d" ? 1 : 0);
}

/** y of each kind of layer, by the references. */
const computed: Readonly<Record<string, (fixture: LayerFixture) => NdArray>> = {
  conv1d: (f) => computed.conv2d?.(f) as NdArray,
  conv2d: (f) => {
    const bias = f.parameters.bias && toArray(f.parameters.bias);
    return reference.conv(toArray(f.x), weightOf(f), bias, windowOf(f));
  },
  convTranspose2d: (f) => {
    const y = reference.convTranspose(toArray(f.x), weightOf(f), f.y.shape.slice(2), windowOf(f));
    const bias = f.parameters.bias && reference.reshape(toArray(f.parameters.bias), [-1, 1, 1]);
    return bias === undefined ? y : reference.zip((a, b) => a + b, y, bias);
  },
  maxPool1d: (f) => computed.maxPool2d?.(f) as NdArray,
  maxPool2d: (f) => reference.maxPool(toArray(f.x), kernelOf(f), windowOf(f)),
  avgPool2d: (f) =>
    reference.avgPool(
      toArray(f.x),
      kernelOf(f),
      windowOf(f),
      (f.options.countIncludePad as boolean | undefined) ?? true,
    ),
  softmax: (f) => reference.softmax(toArray(f.x), f.options.axis === 1 ? 1 : f.x.shape.length - 1),
  dense: (f) => {
    const bias = f.parameters.bias ?? { data: [0], shape: [1] };
    return reference.linear(toArray(f.x), weightOf(f), toArray(bias));
  },
};

describe("the references compute what PyTorch computes", () => {
  for (const fixture of readFixture("layers")) {
    const compute = computed[fixture.layer];
    if (compute === undefined || fixture.options.padding === "same") continue;
    it(fixture.name, () => expectClose("y", compute(fixture), fixture.y, 2e-7));
  }
  for (const fixture of readFixture("layers").filter(({ layer }) => layer === "batchNorm"))
    it(fixture.name, () => {
      const of = (tensors: LayerFixture["buffers"], name: string) => toArray(tensors[name] as LayerFixture["x"]);
      const { parameters, buffers, options } = fixture;
      const epsilon = options.epsilon as number;
      const affine = [of(parameters, "weight"), of(parameters, "bias")] as const;
      const y =
        fixture.mode === "train"
          ? reference.batchNorm(toArray(fixture.x), ...affine, epsilon)[0]
          : reference.normalizeWith(
              toArray(fixture.x),
              ...affine,
              of(buffers, "running_mean"),
              of(buffers, "running_var"),
              epsilon,
            );
      expectClose("y", y, fixture.y, 2e-7);
    });
  for (const fixture of readFixture("layers").filter(
    ({ layer, options }) => layer === "conv2d" && options.padding !== "same" && options.spectralNorm !== true,
  ))
    it(`${fixture.name}: gradients`, () => {
      const [x, r, window] = [toArray(fixture.x), toArray(fixture.r), windowOf(fixture)];
      const dx = reference.convTranspose(r, weightOf(fixture), x.shape.slice(2), window);
      const dw = reference.convFilterGradient(x, r, weightOf(fixture).shape.slice(2), window);
      expectClose("dx", dx, fixture.dx as LayerFixture["x"], 2e-7);
      expectClose("dw", dw, fixture.dparameters.weight as LayerFixture["x"], 2e-7);
    });
});

describe("the references agree with the books", () => {
  it("erf, to 1e-14 (Abramowitz & Stegun, table 7.1, and further digits)", () => {
    const table = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [-2, -0.9953222650189527],
      [3, 0.9999779095030014],
      [5, 0.9999999999984626],
      [7, 1],
    ] as const;
    for (const [x, y] of table) expect(Math.abs(reference.erf(x) - y)).toBeLessThan(1e-14);
  });

  it("slices as Python's", () => {
    const ten = array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const sliced = (...range: [number?, number?, number?]) => Array.from(reference.slice(ten, [range]).data);
    expect(sliced(8, 2, -3)).toEqual([8, 5]);
    expect(sliced(-2, undefined, -4)).toEqual([8, 4, 0]);
    expect(sliced(1, -1, 3)).toEqual([1, 4, 7]);
    expect(sliced(-99, 99, 4)).toEqual([0, 4, 8]);
    expect(sliced(99, -99, -5)).toEqual([9, 4]);
  });

  it("the products of matrices, transposed or not", () => {
    const a = array([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(Array.from(reference.matmul(a, a, { transposeB: true }).data)).toEqual([14, 32, 32, 77]);
    expect(Array.from(reference.matmul(a, a, { transposeA: true }).data)).toEqual([17, 22, 27, 22, 29, 36, 27, 36, 45]);
  });

  it("the order of axes as numpy.transpose's", () => {
    const x = reference.reshape(array(Array.from({ length: 24 }, (_, i) => i)), [2, 3, 4]);
    const turned = reference.transpose(x, [2, 0, 1]);
    expect(turned.shape).toEqual([4, 2, 3]);
    expect(Array.from(turned.data.slice(0, 6))).toEqual([0, 4, 8, 12, 16, 20]);
  });

  it("gather and scatterAdd on rows", () => {
    const table = array([1, 2, 3, 4, 5, 6], [3, 2]);
    const rows = array([2, 0, 2]);
    expect(Array.from(reference.gather(table, rows).data)).toEqual([5, 6, 1, 2, 5, 6]);
    expect(Array.from(reference.scatterAdd(table, rows, 4).data)).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
  });
});
