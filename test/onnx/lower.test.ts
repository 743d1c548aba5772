import { toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { EngineError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { constant, type Graph, input, inScope, type Value } from "../../src/graph/index.js";
import { ModelProtoSchema, type NodeProto, type TensorProto } from "../../src/onnx/generated/onnx_pb.js";
import { lower } from "../../src/onnx/index.js";
import {
  add,
  batchNorm,
  concat,
  conv,
  exp,
  expand,
  leakyRelu,
  linear,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  neg,
  pad,
  relu,
  reshape,
  size,
  split,
  stopGradient,
  sum,
} from "../../src/ops/index.js";
import { decodeModel, nodesIn } from "../support/model.js";
import { strictSession } from "../support/session.js";

const typesOf = (graph: Graph): string[] => nodesIn(lower(graph).bytes).map((node) => node.opType);

const constantsOf = (graph: Graph): readonly TensorProto[] => decodeModel(lower(graph).bytes).graph?.initializer ?? [];

/** `name = Type(inputs)` */
const line = ({ name, opType, input, output }: NodeProto): string =>
  `${output.join(", ")} = ${opType}(${input.join(", ")})${name === output[0] ? "" : ` named ${name}`}`;

describe("the file", () => {
  const x = input("x", ["batch", 3]);
  const w = input("w", [2, 3]);
  const b = input("b", [2]);
  const y = inScope("dense", () => linear(x, w, b));
  const z = inScope("activation", () => leakyRelu(y, 0.25));
  const graph: Graph = { inputs: { x, w, b }, outputs: { scores: z } };

  it("says the same as the graph, field by field", () => {
    const { bytes, inputs, outputs } = lower(graph, { metadata: { step: "7" } });
    const model = decodeModel(bytes);
    expect(model).toMatchObject({
      irVersion: 10n,
      producerName: "midst",
      opsetImport: [{ domain: "", version: 21n }],
      metadataProps: [{ key: "step", value: "7" }],
    });
    const tensorType = (elemType: number, ...dim: (string | bigint)[]) => ({
      value: {
        case: "tensorType",
        value: {
          elemType,
          shape: {
            dim: dim.map((d) => ({ value: { case: typeof d === "string" ? "dimParam" : "dimValue", value: d } })),
          },
        },
      },
    });
    expect(model.graph).toMatchObject({
      name: "midst",
      initializer: [],
      input: [
        { name: "x", type: tensorType(1, "batch", 3n) },
        { name: "w", type: tensorType(1, 2n, 3n) },
        { name: "b", type: tensorType(1, 2n) },
      ],
      output: [{ name: "scores", type: tensorType(1, "batch", 2n) }],
      node: [
        {
          name: "dense/linear",
          opType: "Gemm",
          domain: "",
          input: ["x", "w", "b"],
          output: ["dense/linear"],
          attribute: [{ name: "transB", type: 2, i: 1n }],
        },
        {
          name: "activation/leakyRelu",
          opType: "LeakyRelu",
          input: ["dense/linear"],
          output: ["scores"],
          attribute: [{ name: "alpha", type: 1, f: 0.25 }],
        },
      ],
    });
    expect(inputs.x).toEqual({ dtype: "float32", shape: ["batch", 3] });
    expect(outputs).toEqual({ scores: { dtype: "float32", shape: ["batch", 2] } });
  });

  it("is the same bytes each time, and the same bytes written again", () => {
    const { bytes } = lower(graph);
    expect(lower(graph).bytes).toEqual(bytes);
    expect(toBinary(ModelProtoSchema, decodeModel(bytes))).toEqual(bytes);
  });

  it("takes weights in, and asks for the rest", async () => {
    const weights = { w: tensor([1, 0, 0, 0, 1, -8], [2, 3]), b: tensor([0, 0.5]) };
    const { bytes, inputs } = lower(graph, { weights });
    expect(Object.keys(inputs)).toEqual(["x"]);
    expect(decodeModel(bytes).graph?.initializer.map(({ name, dims }) => [name, dims])).toEqual([
      ["w", [2n, 3n]],
      ["b", [2n]],
    ]);
    const run = await strictSession(bytes);
    const { scores } = await run({ x: tensor([1, 2, 3, 4, 5, 0.25], [2, 3]) });
    expect(Array.from(scores?.data ?? [])).toEqual([1, -21.5 / 4, 4, 3.5]);
  });
});

describe("names", () => {
  it("are layer and op, numbered where they repeat", () => {
    const x = input("x", [2]);
    const body = () => relu(add(exp(x), exp(neg(x))));
    const [first, second] = [inScope("a", body), inScope("b/c", () => neg(neg(body())))];
    expect(nodesIn(lower({ inputs: { x }, outputs: { first, second } }).bytes).map(line)).toEqual([
      "a/exp = Exp(x)",
      "a/neg = Neg(x)",
      "a/exp_2 = Exp(a/neg)",
      "a/add = Add(a/exp, a/exp_2)",
      "first = Relu(a/add) named a/relu",
      "b/c/neg = Neg(first)",
      "second = Neg(b/c/neg) named b/c/neg_2",
    ]);
  });

  it("of inputs and outputs are never taken by nodes", async () => {
    const [one, two] = [input("exp", [1]), input("constant", [1])];
    const result = add(exp(one), mul(two, 2));
    const { bytes } = lower({ inputs: { exp: one, constant: two }, outputs: { add: neg(result), mul: result } });
    const { add: negative, mul: positive } = await (await strictSession(bytes))({
      exp: tensor([0]),
      constant: tensor([3]),
    });
    expect([negative?.data[0], positive?.data[0]]).toEqual([-7, 7]);
  });

  it("may hold any characters", async () => {
    const names = ["a,b", "c", "a", "b,c", "größe [cm]", "片"];
    const values = names.map((name) => input(name, [1]));
    const [ab, c, a, bc, size, blade] = values as [Value, Value, Value, Value, Value, Value];
    const outputs = { "first, second": add(ab, c), other: add(a, bc), "∑": add(size, blade) };
    const inputs = Object.fromEntries(names.map((name, i) => [name, values[i] as Value]));
    const run = await strictSession(lower({ inputs, outputs }).bytes);
    const feeds = Object.fromEntries(names.map((name, i) => [name, tensor([10 ** i])]));
    const results = await run(feeds);
    expect(Object.keys(outputs).map((name) => results[name]?.data[0])).toEqual([11, 1100, 110000]);
  });

  it("given to an input and an output at once are refused", () => {
    const image = input("image", [2]);
    expect(() => lower({ inputs: { image }, outputs: { image: relu(image) } })).toThrow(
      '"image" names an input and an output. Give the output another name.',
    );
    expect(() => lower({ inputs: { image }, outputs: { image } })).toThrow(EngineError);
  });
});

describe("what is equal is there once", () => {
  const x = input("x", ["batch", 2]);

  it("nodes", () => {
    const twice = () => relu(exp(x));
    expect(typesOf({ inputs: { x }, outputs: { y: add(twice(), twice()) } })).toEqual(["Exp", "Relu", "Add"]);
  });

  it("but not nodes that differ in an attribute, were it only the sign of a zero", () => {
    const y = add(leakyRelu(x, 0.1), leakyRelu(x, 0.2));
    expect(typesOf({ inputs: { x }, outputs: { y } })).toEqual(["LeakyRelu", "LeakyRelu", "Add"]);
    const z = add(leakyRelu(x, 0), leakyRelu(x, -0));
    expect(typesOf({ inputs: { x }, outputs: { z } })).toEqual(["LeakyRelu", "LeakyRelu", "Add"]);
  });

  it("constants, where they are equal to the bit and of one dtype and shape", () => {
    const y = add(mul(x, 2), add(2, constant([2, 2])));
    expect(constantsOf({ inputs: { x }, outputs: { y } }).map(({ dims }) => dims)).toEqual([[], [2n]]);
    const signs = [mul(x, 0), mul(x, -0), mul(x, Number.NaN), mul(x, Number.NaN)];
    expect(constantsOf({ inputs: { x }, outputs: { y: concat(signs, 1) } })).toHaveLength(3);
    const ones = concat([reshape(constant(1), [1]), constant([1]), reshape(constant([1, 1], [2, 1]), [2])], 0);
    expect(constantsOf({ inputs: {}, outputs: { ones } }).filter(({ dataType }) => dataType === 1)).toHaveLength(3);
  });

  it("the sign of a zero survives", async () => {
    const run = await strictSession(lower({ inputs: {}, outputs: { y: constant([0, -0]), z: constant(-0) } }).bytes);
    const { y, z } = await run({});
    expect([...(y?.data ?? []), ...(z?.data ?? [])]).toEqual([0, -0, -0]);
  });

  it("large constants keep every number, one of them used twice being there once", async () => {
    const numbers = Array.from({ length: 100_000 }, (_, i) => i / 3);
    const large = constant(numbers, [100, 1000]);
    const graph = { inputs: {}, outputs: { y: add(large, exp(mul(large, 0))) } };
    const { bytes } = lower(graph);
    expect(bytes.length).toBeLessThan(401_000);
    const { y } = await (await strictSession(bytes))({});
    expect(y?.data.every((v, i) => v === Math.fround(Math.fround(i / 3) + 1))).toBe(true);
  });
});

describe("outputs", () => {
  const x = input("x", [2]);
  const values = async (outputs: Graph["outputs"]) => {
    const results = await (await strictSession(lower({ inputs: { x }, outputs }).bytes))({ x: tensor([1, -2]) });
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]));
  };

  it("may be an input, a constant, or one value under several names", async () => {
    const y = exp(mul(x, 0));
    expect(await values({ same: x, again: x, seven: constant(7), y, twin: y })).toEqual({
      same: [1, -2],
      again: [1, -2],
      seven: [7],
      y: [1, 1],
      twin: [1, 1],
    });
  });

  it("may be values that are one node of the file", async () => {
    expect(await values({ a: relu(x), b: relu(x), c: stopGradient(relu(x)) })).toEqual({
      a: [1, 0],
      b: [1, 0],
      c: [1, 0],
    });
  });

  it("may be used by other outputs, and be some outputs of a node", async () => {
    const [left, right] = split(neg(x), 2, 0) as [Value, Value];
    expect(await values({ right, sum: add(right, left), more: exp(mul(right, 0)) })).toEqual({
      right: [2],
      sum: [1],
      more: [1],
    });
  });

  it("need not depend on every input", async () => {
    const other = input("other", ["time"]);
    const { bytes } = lower({ inputs: { x, other }, outputs: { y: neg(x) } });
    const { y } = await (await strictSession(bytes))({ x: tensor([1, 2]), other: tensor([0]) });
    expect(Array.from(y?.data ?? [])).toEqual([-1, -2]);
  });
});

describe("symbolic lengths", () => {
  it("are read from the inputs when the graph runs, in whatever multiple they come", async () => {
    const x = input("x", ["6*batch", 2]);
    const outputs = {
      one: expand(constant([1], [1, 1]), ["batch", 2]),
      all: expand(constant([2]), ["12*batch"]),
      size: size("3*batch"),
    };
    const { bytes } = lower({ inputs: { x }, outputs });
    const results = await (await strictSession(bytes))({ x: tensor(new Float32Array(24), [12, 2]) });
    expect(Object.values(results).map(({ shape }) => shape)).toEqual([[2, 2], [24], []]);
    expect(results.size?.data[0]).toBe(6);
  });

  it("of weights put into the file are no source; a length that no input has is refused by name", () => {
    const x = input("x", [2]);
    const y = expand(x, ["batch", 2]);
    expect(() => lower({ inputs: { x }, outputs: { y } })).toThrow(EngineError);
    expect(() => lower({ inputs: { x }, outputs: { y } })).toThrow(
      'expand: no input has the symbolic length "batch", so batch cannot be known.',
    );
  });
});

describe("ONNX Runtime accepts, with strict inference of shapes", () => {
  it("a convolutional network's loss, its gradients and updated weights, for any batch", async () => {
    const x = input("x", ["batch", 1, 6, 6]);
    const parameters = {
      w: input("w", [4, 1, 3, 3]),
      scale: input("scale", [4]),
      bias: input("bias", [4]),
      dense: input("dense", [16, 3]),
    };
    const truth = input("truth", ["batch", 3]);
    const { w, scale, bias, dense } = parameters;
    const normed = batchNorm(pad(conv(x, w), [0, 0, 0, 0], [0, 0, 0, 0]), scale, bias, 1e-5);
    const scores = matmul(reshape(maxPool(relu(normed.y), [2, 2]), ["batch", -1]), dense);
    const loss = neg(mean(sum(mul(truth, logSoftmax(scores)), 1)));
    const slopes = gradients(loss, Object.values(parameters));
    const updated = Object.fromEntries(
      Object.entries(parameters).map(([name, value], i) => [`next ${name}`, add(value, mul(slopes[i] as Value, -0.1))]),
    );
    const { bytes } = lower({
      inputs: { x, truth, ...parameters },
      outputs: { loss, mean: normed.mean, variance: normed.variance, ...updated },
    });
    const run = await strictSession(bytes);
    const ramp = (shape: readonly number[], from = 0) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return tensor(
        Array.from({ length: count }, (_, i) => Math.sin(from + i)),
        shape,
      );
    };
    for (const batch of [1, 5]) {
      const results = await run({
        x: ramp([batch, 1, 6, 6]),
        truth: ramp([batch, 3], 1),
        w: ramp([4, 1, 3, 3], 2),
        scale: tensor([1, 1, 1, 1]),
        bias: tensor([0, 0, 0, 0]),
        dense: ramp([16, 3], 3),
      });
      expect(results["next w"]?.shape).toEqual([4, 1, 3, 3]);
      expect(results.loss?.data.every(Number.isFinite)).toBe(true);
    }
  });

  it("and refuses a file that promises another shape than it makes", async () => {
    const x = input("x", [2, 3]);
    const model = decodeModel(lower({ inputs: { x }, outputs: { y: neg(x) } }).bytes);
    const dim = model.graph?.output[0]?.type?.value;
    if (dim?.case !== "tensorType") throw new Error("no tensor type");
    const last = dim.value.shape?.dim[1];
    if (last?.value.case !== "dimValue") throw new Error("no length");
    last.value.value = 4n;
    await expect(strictSession(toBinary(ModelProtoSchema, model))).rejects.toThrow(/shape/i);
  });
});
