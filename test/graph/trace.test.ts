import { describe, expect, it } from "vitest";
import { EngineError, ShapeError } from "../../src/base/errors.js";
import type { Shape } from "../../src/base/shape.js";
import {
  constant,
  currentScope,
  defineOp,
  input,
  inScope,
  isValue,
  nodesOf,
  opNamed,
  opNames,
  shapeError,
} from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import { add, concat, conv, exp, mul, relu } from "../../src/ops/index.js";

describe("a node is frozen", () => {
  const x = input("x", ["batch", 2, 4]);
  const strides = [2];
  const y = conv(x, input("w", [3, 2, 2]), undefined, { strides });
  const assign = (target: object, key: string | number, value: unknown) => () => {
    Object.assign(target, { [key]: value });
  };

  it("assignment to it, its values and its attributes throws", () => {
    for (const target of [y, y.node, y.shape, y.node.inputs, y.node.outputs, y.node.attrs])
      expect(assign(target, 0, 1)).toThrow(TypeError);
    expect(assign(y, "dtype", "int32")).toThrow(TypeError);
    expect(assign(y.node, "scope", "elsewhere")).toThrow(TypeError);
    expect(assign(y.node.attrs.strides as object, 0, 3)).toThrow(TypeError);
    expect(assign(constant([1, 2]).node.attrs.data as object, 0, 3)).toThrow(TypeError);
  });

  it("but the caller's own arrays are not, and changing them changes no node", () => {
    const shape = ["batch", 3];
    const a = input("a", shape);
    shape.push("7");
    expect(a.shape).toEqual(["batch", 3]);

    strides[0] = 5;
    expect(y.node.attrs.strides).toEqual([2]);

    // A dense block: each layer sees all the features before it.
    const features = [a, exp(a)];
    const both = concat(features, 1);
    features.push(both);
    expect(both.node.inputs).toHaveLength(2);
  });
});

describe("tracing", () => {
  it("orders nodes by their making, inputs before users, each once", () => {
    const x = input("x", [2]);
    const shared = exp(x);
    const y = add(mul(shared, shared), shared);
    const order = nodesOf([y, shared]);
    expect(order.map((node) => node.op.name)).toEqual(["input", "exp", "mul", "add"]);
    expect(order.map((node) => node.id)).toEqual(order.map((node) => node.id).toSorted((a, b) => a - b));
  });

  it("names the layer a node is made in; scopes nest and end with their body, also by an error", () => {
    const x = input("x", [2]);
    const inner = inScope("block", () => inScope("dense", () => exp(x)));
    expect(inner.node.scope).toBe("block/dense");
    expect(() =>
      inScope("broken", () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(currentScope()).toBe("");
    expect(exp(x).node.scope).toBe("");
  });

  it("places an error at the layer, and names the op unless the layer does", () => {
    expect(shapeError("conv", "no").message).toBe("conv: no");
    expect(inScope("dense_2", () => shapeError("matmul", "no")).message).toBe("dense_2 (matmul): no");
    expect(inScope("block/conv", () => shapeError("conv", "no")).message).toBe("block/conv: no");
    expect(shapeError("conv", "no", [1], [2])).toMatchObject({ place: "conv", expected: [1], actual: [2] });
  });

  it("tells values from everything else", () => {
    expect(isValue(input("x", []))).toBe(true);
    for (const other of [1, null, undefined, "x", {}, []]) expect(isValue(other)).toBe(false);
  });

  it("knows every op by its name, and refuses a name twice", () => {
    for (const name of opNames()) expect(opNamed(name)?.name).toBe(name);
    expect(opNamed("no such op")).toBeUndefined();
    expect(() => defineOp({ name: "relu", type: ([x]) => x ?? input("x", []), lower: () => "" })).toThrow(
      'the op "relu" is defined twice',
    );
    expect(relu(input("x", [1])).node.op).toBe(opNamed("relu"));
  });
});

describe("constants", () => {
  it("are rounded to their dtype when made, so that a graph says what will be computed", () => {
    expect(constant(0.1).node.attrs.data).toEqual([Math.fround(0.1)]);
    expect(constant(-0).node.attrs.data).toEqual([-0]);
  });

  it("have the shape given, else one axis, else none", () => {
    const shapes: Shape[] = [constant(1).shape, constant([1]).shape, constant([1, 2], [2, 1]).shape];
    expect(shapes).toEqual([[], [1], [2, 1]]);
    expect(() => constant([1, 2, 3], [2, 2])).toThrow("constant: 3 numbers do not fill [2, 2].");
  });

  it("of whole numbers refuse what they cannot hold", () => {
    expect(() => constant([1, 0.5], [2], "int32")).toThrow(ShapeError);
    expect(() => constant(2 ** 31, [], "int32")).toThrow("2147483648 is no int32");
    expect(() => constant(256, [], "uint8")).toThrow("256 is no uint8");
    expect(() => constant(-1, [], "uint8")).toThrow("-1 is no uint8");
    expect(() => constant(2, [], "bool")).toThrow("2 is no bool");
    expect(constant(-(2 ** 31), [], "int32").node.attrs.data).toEqual([-(2 ** 31)]);
  });
});

describe("an input", () => {
  it("that the graph does not list is refused by name, not taken from a namesake", () => {
    const [x, other] = [input("x", [2]), input("x", [2])];
    expect(() => lower({ inputs: { x }, outputs: { y: add(x, other) } })).toThrow(EngineError);
    expect(() => lower({ inputs: {}, outputs: { y: exp(input("latent", [2])) } })).toThrow(
      'the input "latent" is used but is not among the inputs of the graph',
    );
  });
});
