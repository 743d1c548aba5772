import { describe, expect, it } from "vitest";
import { FormatError, MidstError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { clip, logSoftmax, mul, pad, split, sum, unsqueeze } from "../../src/ops/index.js";
import { Network, network, sequential, useEngine } from "../../src/runtime/index.js";

const engine = await nativeEngine();
useEngine(engine);
const { dense, relu } = nn;

const convBlock = () =>
  nn.residual(nn.conv2d(4, 3, { padding: "same", bias: false }), nn.batchNorm(), relu(), {
    shortcut: [nn.conv2d(4, 1, { initializer: { normal: 0.3 } })],
  });

/** Networks of every kind of structure. */
const networks: Record<string, () => Network> = {
  "a sequence": () =>
    sequential(
      { input: [1, 8, 8] },
      nn.conv2d(4, [3, 2], { stride: [2, 1], padding: "same", dilation: 1, initializer: "orthogonal" }),
      nn.leakyRelu(0.2),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.dropout(0.3),
      dense(6, { name: "middle" }),
      nn.layerNorm({ epsilon: 1e-3 }),
      nn.tanh(),
      dense(3),
      nn.softmax(),
    ),
  "residual blocks": () => sequential({ input: [2, 6, 6] }, convBlock(), convBlock(), nn.globalAvgPool(), dense(2)),
  "residual blocks inside each other": () =>
    sequential({ input: [3] }, nn.residual(nn.residual(dense(3), relu()), dense(3, { name: "last" }))),
  "a layer shared inside a residual block": () => {
    const layer = dense(3);
    return sequential({ input: [3] }, nn.residual(layer, relu(), layer, { shortcut: [layer] }), dense(2));
  },
  "several inputs and outputs": () =>
    network(
      { picture: [1, 4, 4], age: { shape: [2], dtype: "float32" }, words: { shape: [3], dtype: "int32" } },
      ({ picture, age, words }) => {
        const text = nn.flatten()(nn.embedding(5, 2)(words));
        const both = nn.concat()(nn.flatten()(picture), dense(4)(age), text);
        return { kind: dense(3)(both), size: dense(1)(relu()(both)) };
      },
    ),
  "outputs listed in another order than their layers were made": () =>
    network({ x: [3] }, ({ x }) => {
      const first = dense(4)(x);
      const second = dense(4)(x);
      return { b: second, a: first };
    }),
  "a layer whose output is not used": () =>
    network({ x: [3] }, ({ x }) => {
      dense(4)(x);
      return dense(4)(x);
    }),
  "a shared layer, its second call used first": () => {
    const tower = dense(3);
    return network({ x: [3], y: [3] }, ({ x, y }) => {
      const a = tower(x);
      const b = tower(y);
      return nn.concat()(relu()(b), nn.sigmoid()(a));
    });
  },
  "layers that do nothing": () =>
    network({ x: [4] }, ({ x }) => {
      const h = nn.flatten()(dense(4)(nn.concat()(x)));
      const dropped = nn.dropout(0.5)(h);
      return nn.add()(dropped, h, nn.reshape([4])(dropped));
    }),
  "raw ops between layers": () =>
    network({ x: [4] }, ({ x }) => {
      const [a, b] = split(dense(6)(x), 2, 1);
      const held = clip(mul(a as typeof x, 3), 0, Number.POSITIVE_INFINITY);
      const padded = pad(held, [0, 1], [0, 0], Number.NEGATIVE_INFINITY);
      const wide = unsqueeze(clip(padded, -5, Number.POSITIVE_INFINITY), 1);
      return dense(2)(nn.concat()(sum(wide, 1), logSoftmax(b as typeof x)));
    }),
  "the input as an output": () => network({ x: [2] }, ({ x }) => ({ same: x, more: dense(2)(x) })),
};

/** Numbers for every weight that no initializer gives, so that weights that trade places show. */
function shake(net: Network): void {
  const shaken = [...net.weights].map(([name, { shape }], i) => {
    const data = random(i, name).uniform(countOf(shape), 0.1, 1);
    return [name, tensor(data, shape)] as const;
  });
  net.setWeights(new Map(shaken));
}

function inputsOf(net: Network): Record<string, Tensor> {
  const inputs = Object.entries(net.architecture.inputs).map(([name, { shape, dtype }]) => {
    const count = 3 * countOf(shape);
    const data =
      dtype === "int32" ? Int32Array.from({ length: count }, (_, i) => i % 5) : random(9, name).normal(count);
    return [name, tensor(data as Float32Array, [3, ...shape])];
  });
  return Object.fromEntries(inputs);
}

describe("an architecture as JSON", () => {
  it.each(Object.entries(networks))("%s: comes back as the same network", async (_, make) => {
    const net = make();
    shake(net);
    const text = JSON.stringify(net);
    const again = new Network(nn.architectureFromJson(JSON.parse(text)), { engine });
    for (const training of [false, true]) {
      const [old, made] = [net.traced(training), again.traced(training)];
      for (const part of ["parameters", "hidden", "noise", "updates", "outputs"] as const) {
        const keys = (traced: nn.Traced) => [
          ...(traced[part] instanceof Map ? traced[part].keys() : Object.keys(traced[part])),
        ];
        expect(keys(made), `${part}, training ${training}`).toEqual(keys(old));
      }
      for (const [name, { shape, initializer, trainable }] of old.parameters)
        expect(made.parameters.get(name), name).toMatchObject({ shape, initializer, trainable });
    }
    again.setWeights(net.weights);
    expect(await again.predict(inputsOf(net))).toEqual(await net.predict(inputsOf(net)));
    expect(JSON.stringify(again), "written again").toBe(text);
  });

  it.each(Object.entries(networks))("%s: is plain", (_, make) => {
    const json = make().toJSON();
    expect(structuredClone(json)).toEqual(json);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });

  it("keeps apart what dropout changes and what goes around it", () => {
    const net = network({ x: [4] }, ({ x }) => {
      const h = dense(4)(x);
      return nn.add()(nn.dropout(0.5)(h), h);
    });
    expect(net.toJSON()).toEqual({
      inputs: { x: { shape: [4], dtype: "float32" } },
      steps: [
        { name: "dense_1", inputs: ["x"], kind: "dense", options: { units: 4 } },
        { name: "dropout_1", inputs: ["dense_1"], kind: "dropout", options: { rate: 0.5 } },
        { name: "add_1", inputs: ["dropout_1", "dense_1"], kind: "add", options: {} },
      ],
      outputs: { output: "add_1" },
    });
  });

  it("names shared layers", () => {
    const tower = dense(3);
    const net = network({ x: [3], y: [3] }, ({ x, y }) => nn.concat()(tower(x), tower(y)));
    expect(net.toJSON().shared).toEqual({ "dense_1:2": "dense_1" });
  });
});

describe("altered JSON", () => {
  const good = () => JSON.parse(JSON.stringify(networks["raw ops between layers"]?.())) as Record<string, unknown>;
  type Step = Record<string, unknown>;
  const steps = (json: Record<string, unknown>) => json.steps as Step[];
  const layerAt = (json: Record<string, unknown>) => steps(json).find((s) => s.kind === "dense") as Step;
  const opAt = (json: Record<string, unknown>, op: string) => steps(json).find((s) => s.op === op) as Step;

  const alterations: [string, (json: Record<string, unknown>) => unknown, string][] = [
    ["no inputs", (j) => delete j.inputs, "architecture.inputs: should be an object, not undefined."],
    ["an input without a shape", (j) => (j.inputs = { x: {} }), "architecture.inputs.x"],
    [
      "a shape of texts",
      (j) => (j.inputs = { x: { shape: ["4"], dtype: "float32" } }),
      "input x: a shape is whole numbers",
    ],
    ["an unknown dtype", (j) => (j.inputs = { x: { shape: [4], dtype: "f8" } }), "float32, int32, uint8, bool"],
    [
      "an input that __proto__ names",
      (j) => (j.inputs = JSON.parse('{"__proto__": {"shape": [4], "dtype": "float32"}}')),
      "a name is a text",
    ],
    ["no steps", (j) => delete j.steps, "architecture.steps: should be a list, not undefined."],
    ["steps that are none", (j) => (j.steps = [3]), "architecture.steps[0]: should be an object, not 3."],
    ["no outputs", (j) => (j.outputs = {}), "values by name, got none"],
    [
      "an output that is no name",
      (j) => (j.outputs = { output: 3 }),
      "architecture.outputs.output: should be a text, not 3.",
    ],
    ["an output of nothing", (j) => (j.outputs = { output: "nowhere" }), 'nothing before it is called "nowhere"'],
    [
      "an output that __proto__ names",
      (j) => (j.outputs = { output: "__proto__" }),
      'nothing before it is called "__proto__"',
    ],
    ["an unknown layer", (j) => (layerAt(j).kind = "conv9d"), '"conv9d" is no layer.'],
    ["an unknown option", (j) => (layerAt(j).options = { units: 6, wings: 2 }), 'unknown option "wings"'],
    ["options that are none", (j) => (layerAt(j).options = 3), "should be an object, not 3."],
    ["a size that is none", (j) => (layerAt(j).options = { units: -6 }), "units must be a whole number"],
    ["a name that is none", (j) => (layerAt(j).name = 7), "architecture.steps[0].name: should be a text, not 7."],
    ["a name taken twice", (j) => steps(j).push({ ...layerAt(j) }), 'two steps are called "dense_1".'],
    ["inputs that are no list", (j) => (layerAt(j).inputs = "x"), "architecture.steps[0].inputs: should be a list"],
    ["an input from nowhere", (j) => (layerAt(j).inputs = ["nowhere"]), 'nothing before it is called "nowhere"'],
    ["an input from later", (j) => (layerAt(j).inputs = ["dense_2"]), 'nothing before it is called "dense_2"'],
    ["no inputs of a layer", (j) => (layerAt(j).inputs = []), "takes 1 value, got 0."],
    ["no inputs of an op", (j) => (opAt(j, "mul").inputs = []), "mul"],
    ["an unknown op", (j) => (opAt(j, "mul").op = "frobnicate"), '"frobnicate" is no op.'],
    ["an op that takes in what is not there", (j) => (opAt(j, "mul").op = "input"), "architecture"],
    ["an op without its attributes", (j) => delete opAt(j, "clip").attrs, "should be an object, not undefined."],
    ["an op with broken attributes", (j) => (opAt(j, "split").attrs = { sizes: "no" }), 'do not fit the op "split"'],
    ["sharing with nobody", (j) => (j.shared = { dense_2: "nobody" }), 'nothing before it is called "nobody"'],
    [
      "sharing that is none",
      (j) => (j.shared = { dense_2: 3 }),
      "architecture.shared.dense_2: should be a text, not 3.",
    ],
  ];

  it.each(alterations)("%s", (_, alter, message) => {
    const json = good();
    alter(json);
    const make = () => new Network(nn.architectureFromJson(json as never));
    expect(make).toThrow(MidstError);
    expect(make).toThrow(message);
  });

  it("that was not altered is fine", () => {
    expect(() => new Network(nn.architectureFromJson(good() as never))).not.toThrow();
  });

  it("a sequence that claims enormous sizes costs nothing to refuse or to make", () => {
    const huge = JSON.parse(JSON.stringify(sequential({ input: [2] }, dense(3)))) as { steps: [{ options: object }] };
    huge.steps[0].options = { units: 2 ** 40 };
    const before = process.memoryUsage().arrayBuffers;
    const net = new Network(nn.architectureFromJson(huge as never));
    expect(net.parameterCount).toBe(3 * 2 ** 40);
    expect(process.memoryUsage().arrayBuffers - before, "weights are made on first use").toBeLessThan(2 ** 26);
  });

  it("errors of structure are FormatErrors", () => {
    for (const json of [null, [], "x", 3])
      expect(() => nn.architectureFromJson(json as never)).toThrow("architecture: should be an object, not");
    expect(() => nn.architectureFromJson(null as never)).toThrow(FormatError);
    expect(() => nn.architectureFromJson({ inputs: {}, steps: [{}], outputs: {} } as never)).toThrow(FormatError);
  });
});
