import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import {
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  flatten,
  globalAvgPool,
  type Layer,
  maxPool2d,
  relu,
  residual,
  subsample,
} from "../../src/nn/index.js";
import { blockChannels, channelBlock } from "../../src/node/blocked.js";
import { loadBlocked } from "../../src/node/blockedProgram.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower, type OnnxModel } from "../../src/onnx/index.js";
import { convFilterGradient } from "../../src/ops/conv.js";
import {
  conv,
  convTranspose,
  maxPool,
  mul,
  batchNorm as normalise,
  relu as rectify,
  sum,
} from "../../src/ops/index.js";
import { adam, type Optimizer, sgd } from "../../src/optim/index.js";
import { bakedModel, type Engine, ortEngine, type Program, sequential, TrainingStep } from "../../src/runtime/index.js";
import { stepPlan } from "../../src/runtime/stepGraph.js";
import { decodeModel, nodesIn } from "../support/model.js";

const plainLayers = () => [
  conv2d(32, 3, { padding: "same" }),
  relu(),
  conv2d(32, 3, { padding: "same" }),
  relu(),
  maxPool2d(2),
  conv2d(64, 3, { stride: 2 }),
  relu(),
  flatten(),
  dense(4),
];

const normalised = (filters: number, stride = 1): Layer[] => [
  conv2d(filters, 3, { stride, padding: 1, bias: false }),
  batchNorm(),
];

/** Two stages of residual blocks, as in He et al. 2016. */
const residualLayers = () => [
  ...normalised(16),
  relu(),
  residual(...normalised(16), relu(), ...normalised(16)),
  relu(),
  residual(...normalised(32, 2), relu(), ...normalised(32), { shortcut: [subsample(2, { channels: 32 })] }),
  relu(),
  globalAvgPool(),
  dense(4),
];

const domainsOf = (model: Pick<OnnxModel, "bytes">): string[] =>
  decodeModel(model.bytes).opsetImport.map((o) => o.domain);

const trainingModel = (layers: Layer[]): OnnxModel => {
  const target = { target: { dtype: "int32", shape: ["batch"] } } as const;
  const traced = sequential({ input: [16, 8, 8] }, ...layers).traced(true);
  return lower(stepPlan(traced, { loss: crossEntropy(), optimizer: adam() }, target, false, 2).batch.graph);
};

/** The losses of some steps on the same random pictures. */
async function losses(engine: Engine, layers: Layer[], rows: number, optimizer: Optimizer): Promise<number[]> {
  const net = sequential({ input: [16, 8, 8], engine }, ...layers);
  const batch = {
    inputs: { input: tensor(random(1).normal(rows * 16 * 64), [rows, 16, 8, 8]) },
    targets: { target: tensor(Int32Array.from({ length: rows }, (_, i) => i % 4)) },
  };
  const step = await TrainingStep.create(net, batch, { loss: crossEntropy(), optimizer });
  const found: number[] = [];
  for (let i = 0; i < 100; i++) found.push((await step.run(batch)).loss);
  return found;
}

const plainEngine = (): Engine =>
  ortEngine(ort, { name: "plain", writesInPlace: true, sessionOptions: () => ({ graphOptimizationLevel: "basic" }) });

describe.each([
  { name: "a stack of convolutions", layers: plainLayers, optimizer: adam },
  { name: "a residual network", layers: residualLayers, optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }) },
])("$name", ({ layers, optimizer }) => {
  // 16 pictures fill a block, 10 do not.
  it.each([16, 10])("trains on %i as in the plain layout, to 1e-5 of the first loss over 100 steps", async (rows) => {
    const plain = await losses(plainEngine(), layers(), rows, optimizer());
    const blocked = await losses(await nativeEngine(), layers(), rows, optimizer());
    const scale = plain[0] as number;
    expect(plain.at(-1) as number).toBeLessThan(scale / 10);
    plain.forEach((loss, i) => {
      expect(Math.abs(loss - (blocked[i] as number))).toBeLessThan(1e-5 * scale);
    });
  });
});

/** What a graph gives in the plain layout and in the blocked one. */
async function both(
  inputs: Record<string, Value>,
  outputs: Record<string, Value>,
  given: Record<string, Tensor>,
): Promise<[plain: number[], blocked: number[], Program]> {
  const model = lower({ inputs, outputs });
  const engine = plainEngine();
  const lengths = { batch: Object.values(given)[0]?.shape[0] as number };
  const block = (await channelBlock(ort)) as number;
  const blocked = await loadBlocked(engine, model, { purpose: "training", lengths }, block);
  const plain = await engine.load(model, { purpose: "training" });
  const numbers = async (program: Program) => {
    const results = await program.run(given);
    return Object.keys(outputs).flatMap((name) => Array.from((results[name] as Tensor).data));
  };
  return [await numbers(plain), await numbers(blocked), blocked];
}

const normal = (name: string, shape: number[], mean = 0): Tensor => {
  const numbers = random(3, name).normal(shape.reduce((n, d) => n * d, 1));
  return tensor(
    numbers.map((x) => x + mean),
    shape,
  );
};

const largest = (xs: readonly number[]): number => xs.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const furthest = (a: readonly number[], b: readonly number[]): number =>
  largest(a.map((x, i) => x - (b[i] as number))) / largest(a);

const hasBlocks = await channelBlock(ort);

describe.runIf(hasBlocks)("where the processor has blocks", () => {
  it.each([
    { x: [32, 8, 8], filters: 16, size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
    { x: [16, 9, 7], filters: 32, size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    { x: [16, 8, 8], filters: 16, size: [5, 3], strides: [1, 1], pads: [2, 0, 1, 2] },
    { x: [48, 4, 4], filters: 32, size: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
    { x: [16, 8, 8], filters: 16, size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    { x: [16, 32, 32], filters: 64, size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
    { x: [16, 64, 48], filters: 32, size: [3, 5], strides: [2, 1], pads: [1, 2, 0, 2] },
  ])("the gradient by a filter of $size, strides $strides, pads $pads", async ({ x, filters, size, strides, pads }) => {
    const lengths = [0, 1].map((i) => {
      const whole = (x[i + 1] as number) + (pads[i] as number) + (pads[i + 2] as number);
      return Math.floor((whole - (size[i] as number)) / (strides[i] as number)) + 1;
    });
    const inputs = { x: input("x", ["batch", ...x]), dy: input("dy", ["batch", filters, ...lengths]) };
    const outputs = {
      dw: convFilterGradient(inputs.x, inputs.dy, { strides, pads, dilations: [1, 1], groups: 1, size }),
    };
    const given = { x: normal("x", [32, ...x]), dy: normal("dy", [32, filters, ...lengths]) };
    expect(blockChannels(lower({ inputs, outputs }), 16, { batch: 32 })?.needsLengths).toBe(true);
    const [plain, blocked, program] = await both(inputs, outputs, given);
    expect(furthest(plain, blocked)).toBeLessThan(2e-6);
    // Batches that fill no block are run as well, by the same program.
    const few = { x: normal("x", [3, ...x]), dy: normal("dy", [3, filters, ...lengths]) };
    const [fewer] = await both(inputs, outputs, few);
    expect(furthest(fewer, Array.from(((await program.run(few)).dw as Tensor).data))).toBeLessThan(2e-6);
  });

  it.each([
    { dy: [32, 4, 5], channels: 16, size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    { dy: [16, 4, 4], channels: 32, size: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
    { dy: [16, 3, 4], channels: 16, size: [5, 2], strides: [3, 1], pads: [2, 0, 0, 1] },
    { dy: [16, 3, 3], channels: 16, size: [1, 1], strides: [2, 2], pads: [0, 0, 0, 0] },
    { dy: [16, 3, 2], channels: 32, size: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] },
    { dy: [32, 2, 3], channels: 16, size: [4, 7], strides: [3, 2], pads: [0, 3, 1, 2] },
  ])("the way back through a filter of $size, strides $strides, pads $pads", async (row) => {
    const { dy, channels, size, strides, pads } = row;
    const inputs = { dy: input("dy", ["batch", ...dy]), w: input("w", [dy[0] as number, channels, ...size]) };
    const lengths = strides.map((s, i) => s * (dy[i + 1] as number));
    const outputs = { dx: convTranspose(inputs.dy, inputs.w, { strides, pads, size: lengths }) };
    const bytes = blockChannels(lower({ inputs, outputs }), 16)?.bytes;
    expect(bytes && nodesIn(bytes).map(({ opType }) => opType)).not.toContain("ConvTranspose");
    const given = { dy: normal("dy", [3, ...dy]), w: normal("w", inputs.w.shape as number[]) };
    const [plain, blocked] = await both(inputs, outputs, given);
    expect(furthest(plain, blocked)).toBeLessThan(2e-6);
  });

  it("reads each tap once on the way back through strides", () => {
    const inputs = { dy: input("dy", ["batch", 16, 4, 4]), w: input("w", [16, 16, 4, 4]) };
    const window = { strides: [2, 2], pads: [1, 1, 1, 1], size: [8, 8] };
    const model = lower({ inputs, outputs: { dx: convTranspose(inputs.dy, inputs.w, window) } });
    const nodes = nodesIn(blockChannels(model, 16)?.bytes as Uint8Array).filter(({ opType }) => opType === "Conv");
    const kernels = nodes.map(({ attribute }) =>
      attribute.find(({ name }) => name === "kernel_shape")?.ints.map(Number),
    );
    expect(kernels).toEqual([2, 2, 2, 2].map((length) => [length, length]));
  });

  it("max pooling and the way back, equal largest elements sharing", async () => {
    const inputs = {
      x: input("x", ["batch", 16, 6, 8]),
      w: input("w", [16, 16, 1, 1]),
      weight: input("weight", ["batch", 16, 3, 2]),
    };
    const pooled = maxPool(rectify(conv(inputs.x, inputs.w)), [2, 4]);
    const [dx] = gradients(sum(mul(pooled, inputs.weight)), [inputs.x]);
    const outputs = { pooled, dx: dx as Value };
    const bytes = blockChannels(lower({ inputs, outputs }), 16)?.bytes as Uint8Array;
    expect(nodesIn(bytes).map(({ opType }) => opType)).not.toContain("Equal");
    // Few different numbers, so that many are equal.
    const few = (name: string, shape: number[]) => {
      const { data } = normal(name, shape);
      return tensor(Float32Array.from(data, Math.round), shape);
    };
    const given = {
      x: few("x", [4, 16, 6, 8]),
      w: tensor(
        Float32Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 1 : 0)),
        [16, 16, 1, 1],
      ),
      weight: normal("weight", [4, 16, 3, 2]),
    };
    const [plain, blocked] = await both(inputs, outputs, given);
    expect(furthest(plain, blocked)).toBeLessThan(1e-6);
  });

  it("batch norm of pictures far from 0, and what is done to its result", async () => {
    const inputs = {
      x: input("x", ["batch", 16, 40, 40]),
      w: input("w", [16, 16, 1, 1]),
      scale: input("scale", [16]),
      bias: input("bias", [16]),
      z: input("z", ["batch", 16, 40, 40]),
    };
    const { y, mean, variance } = normalise(conv(inputs.x, inputs.w), inputs.scale, inputs.bias, 1e-5);
    const above = rectify(y);
    const outputs = { y, mean, variance, above, sums: sum(above, [0, 2, 3]), dot: sum(mul(above, y), [0, 2, 3]) };
    const given = {
      x: normal("x", [5, 16, 40, 40], 30),
      w: normal("w", [16, 16, 1, 1]),
      scale: normal("scale", [16]),
      bias: normal("bias", [16]),
      z: normal("z", [5, 16, 40, 40]),
    };
    const [plain, blocked] = await both(inputs, outputs, given);
    const parts = [
      0,
      5 * 16 * 1600,
      5 * 16 * 1600 + 16,
      5 * 16 * 1600 + 32,
      2 * 5 * 16 * 1600 + 32,
      2 * 5 * 16 * 1600 + 48,
      plain.length,
    ];
    parts.slice(1).forEach((end, i) => {
      const [a, b] = [plain, blocked].map((numbers) => numbers.slice(parts[i], end)) as [number[], number[]];
      expect(furthest(a, b)).toBeLessThan(2e-5);
    });
  });

  it("blocks the small filters of one shape together", async () => {
    const shapes = [
      [32, 16, 3, 3],
      [16, 32, 3, 3],
      [32, 16, 3, 3],
      [16, 32, 3, 3],
    ];
    const x = input("x", ["batch", 16, 9, 9]);
    const filters = shapes.map((shape, i) => input(`w${i}`, shape));
    const sizes = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };
    const y = filters.reduce((from, w) => conv(from, w, undefined, sizes), x);
    const slopes = gradients(sum(mul(y, y), [0, 1, 2, 3]), [x, ...filters]);
    const inputs = Object.fromEntries([["x", x], ...filters.map((w, i) => [`w${i}`, w] as const)]);
    const outputs = Object.fromEntries([["y", y], ...slopes.map((slope, i) => [`d${i}`, slope] as const)]);
    const given = {
      x: normal("x", [16, 16, 9, 9]),
      ...Object.fromEntries(shapes.map((shape, i) => [`w${i}`, normal(`w${i}`, shape)])),
    };
    const [plain, blocked] = await both(inputs, outputs, given);
    expect(furthest(plain, blocked)).toBeLessThan(2e-5);
    const { bytes = new Uint8Array() } = blockChannels(lower({ inputs, outputs }), 16, { batch: 16 }) ?? {};
    const together = nodesIn(bytes).filter(({ opType }) => opType === "Concat");
    expect(together.map(({ input: from }) => from)).toEqual([
      ["w0", "w2"],
      ["w1", "w3"],
    ]);
  });

  it("keeps pictures in blocks from one convolution to the next, there and back", () => {
    const bytes = blockChannels(trainingModel(residualLayers()), 16, { batch: 16 })?.bytes as Uint8Array;
    const nodes = nodesIn(bytes);
    const filters = new Set(
      nodes.filter(({ input: [from] }) => from?.endsWith(".weight")).map((node) => node.output[0]),
    );
    const isWritten = (name: string | undefined) => name?.includes("/blocked:") || filters.has(name);
    const ofPictures = nodes.filter(
      ({ opType, input: [from], output: [to] }) =>
        (opType === "ReorderInput" && !isWritten(from)) || (opType === "ReorderOutput" && !isWritten(to)),
    );
    // The batch, the way around and the pooling with its mask, forth and back; none within a stage.
    expect(ofPictures).toHaveLength(7);
  });
});

it("changes convolutions whose channels fill blocks, and only those", () => {
  const model = trainingModel(plainLayers());
  expect(domainsOf(blockChannels(model, 16) as { bytes: Uint8Array })).toContain("com.microsoft.nchwc");
  expect(blockChannels(model, 128)).toBeUndefined();
});

it("finds the processor's block by trying", async () => {
  expect([undefined, 8, 16]).toContain(await channelBlock(ort));
});

it("has none where ORT refuses", async () => {
  const refusing = { ...ort, InferenceSession: { create: () => Promise.reject(new Error("no such op")) } };
  expect(await channelBlock(refusing as unknown as typeof ort)).toBeUndefined();
});

it("is left out where the engine refuses it", async () => {
  const x = input("x", ["batch", 16, 4, 4]);
  const w = input("w", [16, 16, 1, 1]);
  const model = lower({ inputs: { x, w }, outputs: { y: conv(x, w) } });
  const seen: string[] = [];
  const engine: Engine = {
    name: "without blocks",
    load: (asked, options) => {
      seen.push(...domainsOf(asked));
      const refuses = domainsOf(asked).includes("com.microsoft.nchwc");
      return refuses ? Promise.reject(new Error("no such op")) : plainEngine().load(asked, options);
    },
  };
  const program = await loadBlocked(engine, model, { purpose: "training", lengths: { batch: 16 } }, 16);
  const ones = (shape: number[]) => tensor(new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(1), shape);
  const { y } = await program.run({ x: ones([2, 16, 4, 4]), w: ones([16, 16, 1, 1]) });
  expect(seen).toContain("com.microsoft.nchwc");
  expect(new Set((y as Tensor).data)).toEqual(new Set([16]));
});

it("is in no exported file", () => {
  expect(domainsOf(bakedModel(sequential({ input: [16, 8, 8] }, ...plainLayers())))).toEqual([""]);
});
