import { InferenceSession, Tensor } from "onnxruntime-node";
import * as web from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { float, input, type ValueType } from "../../src/graph/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower } from "../../src/onnx/index.js";
import { add, batchNorm, mul, scatterAdd } from "../../src/ops/index.js";
import { onnxFile } from "../support/onnx.js";

// What midst relies on in ONNX Runtime, or works around, one test each. Where a test says "still", its failing means
// that ONNX Runtime has changed and the workaround beside it can go.

const float32 = (...shape: number[]): ValueType => ({ dtype: "float32", shape });

const floats = (data: ArrayLike<number>, shape: readonly number[] = [data.length]) =>
  new Tensor("float32", Float32Array.from(data), shape);

const numbersOf = (value: { readonly data: unknown } | undefined): number[] =>
  Array.from((value?.data ?? []) as ArrayLike<number>);

describe("outputs given in fetches", () => {
  const doubled = onnxFile({ x: float32(3) }, { y: float32(3) }, (emit) => ({ y: emit.node("Add", ["x", "x"]) }));

  it("are written in place by the native engine", async () => {
    const session = await InferenceSession.create(doubled);
    const into = floats([0, 0, 0]);
    for (const x of [
      [1, 2, 3],
      [4, 5, 6],
    ]) {
      await session.run({ x: floats(x) }, { y: into });
      expect(numbersOf(into)).toEqual(x.map((v) => 2 * v));
    }
  });

  it("are still not written by WebAssembly, which nevertheless gives them back", async () => {
    const session = await web.InferenceSession.create(doubled);
    const into = new web.Tensor("float32", new Float32Array(3), [3]);
    const { y } = await session.run({ x: new web.Tensor("float32", Float32Array.of(1, 2, 3), [3]) }, { y: into });
    expect([numbersOf(into), numbersOf(y)]).not.toContainEqual([2, 4, 6]);
    const fresh = await session.run({ x: new web.Tensor("float32", Float32Array.of(1, 2, 3), [3]) });
    expect(numbersOf(fresh.y)).toEqual([2, 4, 6]);
  });

  it("make a step of midst's Program that allocates nothing: two sets of buffers in turn", async () => {
    const w = input("w", [2]);
    const program = await (await nativeEngine()).load(lower({ inputs: { w }, outputs: { next: mul(w, 2) } }), {
      purpose: "training",
    });
    const [even, odd] = [tensor([1, 10]), tensor([0, 0])];
    expect((await program.run({ w: even }, { next: odd })).next).toBe(odd);
    expect((await program.run({ w: odd }, { next: even })).next).toBe(even);
    expect([Array.from(odd.data), Array.from(even.data)]).toEqual([
      [2, 20],
      [4, 40],
    ]);
  });

  it("may not be inputs of the same run, hence two sets: nodes that come later would read the new numbers", async () => {
    // y = x + x and z = y + x, y written over x.
    const bytes = onnxFile({ x: float32(1) }, { y: float32(1), z: float32(1) }, (emit) => {
      const y = emit.node("Add", ["x", "x"]);
      return { y, z: emit.node("Add", [y, "x"]) };
    });
    const session = await InferenceSession.create(bytes);
    const x = floats([1]);
    const { z } = await session.run({ x }, { y: x, z: null });
    expect(numbersOf(z)).not.toEqual([3]);
  });
});

describe("HardSigmoid with a huge slope", () => {
  it("is a mask of what is positive, from the smallest normal number to infinity", async () => {
    const positive = [1.1754944e-38, 1e-37, 1e-20, 0.5, 1, 7, 3e38, Number.POSITIVE_INFINITY];
    const others = [0, -0, -1.1754944e-38, -1e-45, -1, -3e38, Number.NEGATIVE_INFINITY];
    // Long enough that the vectorised loop and its rest both run.
    const x = Array.from({ length: 1003 }, (_, i) => [...positive, ...others][i % 15] as number);
    const bytes = onnxFile({ x: float32(1003) }, { y: float32(1003) }, (emit) => ({
      y: emit.node("HardSigmoid", ["x"], { alpha: float(3e38), beta: float(0) }),
    }));
    const { y } = await (await InferenceSession.create(bytes)).run({ x: floats(x) });
    expect(numbersOf(y)).toEqual(x.map((v) => Number(v > 0)));
  });

  it("still gives a fraction for positive subnormal numbers", async () => {
    const bytes = onnxFile({ x: float32(1) }, { y: float32(1) }, (emit) => ({
      y: emit.node("HardSigmoid", ["x"], { alpha: float(3e38), beta: float(0) }),
    }));
    const { y } = await (await InferenceSession.create(bytes)).run({ x: floats([1e-40]) });
    const [mask] = numbersOf(y);
    expect(mask).toBeGreaterThanOrEqual(0);
    expect(mask).toBeLessThan(0.1);
  });
});

describe("BatchNormalization in training mode", () => {
  const types = { x: float32(2, 1), s: float32(1), b: float32(1), m: float32(1), v: float32(1) };
  const node = (emit: Parameters<Parameters<typeof onnxFile>[2]>[0], m: string, v: string) =>
    emit.nodes(
      "BatchNormalization",
      ["x", "s", "b", m, v],
      { epsilon: float(0), momentum: float(0), training_mode: 1 },
      3,
    );
  const x = floats([1, 5], [2, 1]);

  it("still writes its statistics over the two inputs that momentum 0 ignores", async () => {
    const bytes = onnxFile(types, { total: float32(1) }, (emit) => {
      const shared = emit.node("Mul", ["s", "m"]);
      const [, mean, variance] = node(emit, shared, shared) as [string, string, string];
      return { total: emit.node("Add", [mean, variance]) };
    });
    const session = await InferenceSession.create(bytes);
    const { total } = await session.run({ x, s: floats([1]), b: floats([0]), m: floats([2]), v: floats([3]) });
    // Mean 3 and variance 4 would make 7, but they lie in one buffer.
    expect([[6], [8]]).toContainEqual(numbersOf(total));
  });

  it("gives population statistics where each has a buffer of its own", async () => {
    const bytes = onnxFile(types, { y: float32(2, 1), mean: float32(1), variance: float32(1) }, (emit) => {
      const own = (factor: number) => emit.node("Mul", ["s", emit.constant([factor], "float32", [])]);
      const [y, mean, variance] = node(emit, own(2), own(3)) as [string, string, string];
      return { y, mean, variance };
    });
    const session = await InferenceSession.create(bytes);
    const results = await session.run({ x, s: floats([1]), b: floats([0]), m: floats([2]), v: floats([3]) });
    expect(Object.values(results).map(numbersOf)).toEqual([[-1, 1], [3], [4]]);
  });

  it("is right in every run of a session, at every level of optimisation, its scale a constant or an input", async () => {
    const [v, s, b] = [input("v", ["batch", 1]), input("s", [1]), input("b", [1])];
    const first = batchNorm(v, s, b, 0);
    const second = batchNorm(add(v, first.mean), s, b, 0);
    const outputs = { m1: first.mean, v1: first.variance, m2: second.mean, v2: second.variance };
    const graph = { inputs: { v, s, b }, outputs };
    const weights = { s: tensor([1]), b: tensor([0]) };
    for (const model of [lower(graph), lower(graph, { weights })])
      for (const graphOptimizationLevel of ["disabled", "basic", "all"] as const) {
        const session = await InferenceSession.create(model.bytes, { graphOptimizationLevel });
        const fixed = "s" in model.inputs ? { s: floats([1]), b: floats([0]) } : {};
        for (const shift of [0, 10, 0]) {
          const results = await session.run({ v: floats([1 + shift, 5 + shift], [2, 1]), ...fixed });
          const numbers = Object.keys(outputs).map((name) => numbersOf(results[name])[0]);
          expect(numbers).toEqual([3 + shift, 4, 6 + 2 * shift, 4]);
        }
      }
  });
});

describe("ScatterElements that adds", () => {
  // ScatterND shares the updates out among threads, and of those that meet some are lost: here in some runs of 20, on two cores.
  it("adds every update that meets another, however many there are: it is the gradient of an embedding", async () => {
    const [u, i] = [input("u", ["batch", 4]), input("i", ["batch"], "int32")];
    const model = lower({ inputs: { u, i }, outputs: { y: scatterAdd(u, i, 3) } });
    const program = await (await nativeEngine()).load(model, { purpose: "training" });
    const rows = tensor(new Float32Array(800_000).fill(1), [200_000, 4]);
    const places = tensor(Int32Array.from({ length: 200_000 }, (_, k) => (k % 4 === 0 ? 2 : 0)));
    const expected = [150_000, 0, 50_000].flatMap((sum) => new Array<number>(4).fill(sum));
    for (let run = 0; run < 20; run++)
      expect(numbersOf((await program.run({ u: rows, i: places })).y)).toEqual(expected);
  });
});

describe("MaxPool's indices", () => {
  it("count through pictures and channels without the padding, and name the first of equals", async () => {
    const bytes = onnxFile(
      { x: float32(2, 2, 4) },
      { y: float32(2, 2, 3), i: { dtype: "int32", shape: [2, 2, 3] } },
      (emit) => {
        const [y, i] = emit.nodes("MaxPool", ["x"], { kernel_shape: [2], strides: [2], pads: [1, 1] }, 2);
        return { y: y as string, i: emit.node("Cast", [i as string], { to: 6 }) };
      },
    );
    const x = [7, 7, 7, 1, -1, -2, -3, -4, 0, 5, 5, 9, 2, 8, 3, 3];
    const { y, i } = await (await InferenceSession.create(bytes)).run({ x: floats(x, [2, 2, 4]) });
    expect(numbersOf(y)).toEqual([7, 7, 1, -1, -2, -4, 0, 5, 9, 2, 8, 3]);
    expect(numbersOf(i)).toEqual([0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15]);
  });
});

describe("Slice backwards", () => {
  it("goes to the first element where the end is far below, and not where the end is -1", async () => {
    const sliced = async (end: number) => {
      const bytes = onnxFile({ x: float32(4) }, { y: { dtype: "float32", shape: ["count"] } }, (emit) => {
        const int64 = (n: number) => emit.constant([n], "int64");
        return { y: emit.node("Slice", ["x", int64(3), int64(end), int64(0), int64(-1)]) };
      });
      const { y } = await (await InferenceSession.create(bytes)).run({ x: floats([1, 2, 3, 4]) });
      return numbersOf(y);
    };
    expect(await sliced(-(2 ** 31))).toEqual([4, 3, 2, 1]);
    expect(await sliced(-1)).toEqual([]);
  });
});

describe("Resize, nearest, asymmetric, floor", () => {
  it("repeats each element, without touching pictures and channels", async () => {
    const bytes = onnxFile({ x: float32(1, 1, 2, 3) }, { y: float32(1, 1, 4, 9) }, (emit) => ({
      y: emit.node("Resize", ["x", "", emit.constant([1, 1, 2, 3], "float32")], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
    }));
    const { y } = await (await InferenceSession.create(bytes)).run({ x: floats([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]) });
    const rows = [
      [1, 1, 1, 2, 2, 2, 3, 3, 3],
      [4, 4, 4, 5, 5, 5, 6, 6, 6],
    ];
    expect(numbersOf(y)).toEqual([rows[0], rows[0], rows[1], rows[1]].flat());
  });
});

describe("strict inference of shapes", () => {
  it("refuses what is declared wrong, and is asked for in `extra`", async () => {
    const wrong = onnxFile({ x: float32(2) }, { y: float32(3) }, (emit) => ({ y: emit.node("Neg", ["x"]) }));
    const strict = { extra: { session: { strict_shape_type_inference: "1" } }, logSeverityLevel: 4 } as const;
    await expect(InferenceSession.create(wrong, strict)).rejects.toThrow(/shape/i);
  });
});

describe("shared memory", () => {
  it("is still refused as an input", async () => {
    const bytes = onnxFile({ x: float32(2) }, { y: float32(2) }, (emit) => ({ y: emit.node("Neg", ["x"]) }));
    const session = await InferenceSession.create(bytes);
    const shared = new Tensor("float32", new Float32Array(new SharedArrayBuffer(8)), [2]);
    await expect(async () => session.run({ x: shared })).rejects.toThrow();
  });
});
