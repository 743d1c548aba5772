import { expect } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { type Graph, input, type Value } from "../../src/graph/index.js";
import { type Architecture, architecture, type Layer, layerFromJson, mse } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { mul, sum } from "../../src/ops/index.js";
import { sgd } from "../../src/optim/index.js";
import { compile, Network, rowsOf, TrainingStep } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";

type Tensors = Readonly<Record<string, Tensor>>;

/** A layer, and what somebody else says of it: PyTorch (see rows.ts), or numbers worked out by hand. */
export interface LayerCase {
  readonly layer: Layer;
  /** Only where it matters; a layer without a mode must give the same in both. */
  readonly mode?: "train" | "eval";
  readonly x: Tensor;
  /** Dropout's, in training. */
  readonly mask?: Tensor;
  /** By the layer's own names: `weight`, `bias`. */
  readonly parameters: Tensors;
  /** What the layer keeps up itself: `running_mean`. */
  readonly buffers: Tensors;
  readonly y: Tensor;
  /** `dx` and `dparameters` are the gradients of `sum(y * r)`. */
  readonly r: Tensor;
  /** Absent for int32 inputs. */
  readonly dx?: Tensor;
  readonly dparameters: Tensors;
  /** The buffers after one forward pass. */
  readonly buffersAfter: Tensors;
  /** Steps of plain gradient descent on `mean((y - target)^2)`, from `parameters`. */
  readonly train?: {
    readonly target: Tensor;
    readonly learningRate: number;
    readonly losses: readonly number[];
    readonly finalParameters: Tensors;
    readonly finalBuffers: Tensors;
  };
}

/** The largest difference allowed, as a share of the tensor's largest number (but at least of 0.1). */
const tolerance = { pass: 2e-6, training: 5e-6 };

/**
 * Checks everything midst says of a layer:
 * - its output, the gradients by its input and parameters, and the buffers it updates (in training, and only there);
 * - the same output in both modes, where the row names none;
 * - `predict`, for all examples and for the first alone, by the layer and by one made from its JSON;
 * - a training run: losses, parameters and buffers.
 */
export async function checkLayer(row: LayerCase): Promise<void> {
  for (const mode of row.mode === undefined ? (["train", "eval"] as const) : [row.mode]) await checkPass(row, mode);
  if (row.mode !== "train") await checkPredictions(row);
  if (row.train !== undefined) await checkTraining(row, row.train);
}

async function checkPass(row: LayerCase, mode: "train" | "eval"): Promise<void> {
  const { graph, noise } = passOf(row, mode);
  const program = await compile(graph, { purpose: "training" }, await nativeEngine());
  const masks = Object.fromEntries(noise.map((name) => [name, row.mask as Tensor]));
  const results = await program.run({ x: row.x, r: row.r, ...weightsOf(row), ...masks });
  const expected: Record<string, Tensor> = { y: row.y, ...(row.dx && { "d/x": row.dx }) };
  for (const [name, value] of Object.entries(row.dparameters)) expected[`d/${name}`] = value;
  if (mode === "train")
    for (const [name, value] of Object.entries(row.buffersAfter)) expected[`next/${inLayer(row, name)}`] = value;
  expect(Object.keys(results).sort(), "what the layer has: gradients and updates").toEqual(
    Object.keys(expected).sort(),
  );
  for (const [name, value] of Object.entries(expected))
    expectClose(`${mode}: ${name}`, results[name] as Tensor, value, tolerance.pass);
}

/** Output, gradients and updates of a row as one graph. */
function passOf(row: LayerCase, mode: "train" | "eval"): { graph: Graph; noise: string[] } {
  const traced = architectureOf(row).trace(mode === "train");
  const y = traced.outputs.output as Value;
  const r = input("r", y.shape);
  const wrt = new Map<string, Value>();
  if (row.dx !== undefined) wrt.set("x", traced.inputs.x as Value);
  for (const [name, { value, trainable }] of traced.parameters)
    if (trainable) wrt.set(name.slice(inLayer(row, "").length), value);
  const slopes = gradients(sum(mul(y, r)), [...wrt.values()]);

  const inputs: Record<string, Value> = { ...traced.inputs, r };
  for (const [name, { value }] of [...traced.parameters, ...traced.noise]) inputs[name] = value;
  const outputs: Record<string, Value> = { y };
  [...wrt.keys()].forEach((name, i) => {
    outputs[`d/${name}`] = slopes[i] as Value;
  });
  for (const [name, value] of traced.updates) outputs[`next/${name}`] = value;
  return { graph: { inputs, outputs }, noise: [...traced.noise.keys()] };
}

async function checkPredictions(row: LayerCase): Promise<void> {
  const net = await networkOf(row);
  const y = await net.predict(row.x);
  expectClose("predict", y, row.y, tolerance.pass);
  expectClose("one example", await net.predict(rowsOf(row.x, 0, 1)), rowsOf(row.y, 0, 1), tolerance.pass);
  const written: unknown = JSON.parse(JSON.stringify(row.layer));
  const again = await networkOf({ ...row, layer: layerFromJson(written as ReturnType<Layer["toJSON"]>) });
  expectClose("from JSON", await again.predict(row.x), y, 0);
}

async function checkTraining(row: LayerCase, train: NonNullable<LayerCase["train"]>): Promise<void> {
  const batch = { inputs: { x: row.x }, targets: { target: train.target } };
  const optimizer = sgd({ learningRate: train.learningRate });
  const step = await TrainingStep.create(await networkOf(row), batch, { loss: mse(), optimizer });
  const losses: number[] = [];
  for (const _ of train.losses) losses.push((await step.run(batch)).loss);
  expectClose("losses", tensor(losses), tensor(train.losses), tolerance.training);
  const trained = { ...train.finalParameters, ...train.finalBuffers };
  for (const [name, value] of Object.entries(trained))
    expectClose(`trained ${name}`, step.weights().get(inLayer(row, name)) as Tensor, value, tolerance.training);
}

/** The row's layer as a network, which keeps to the row's mode, training or not. */
function architectureOf({ layer, x, mode }: LayerCase): Architecture {
  const made = architecture({ x: { shape: x.shape.slice(1), dtype: x.dtype } }, ({ x }) => layer(x as Value));
  return { ...made, trace: (training) => made.trace(mode === undefined ? training : mode === "train") };
}

async function networkOf(row: LayerCase): Promise<Network> {
  const net = new Network(architectureOf(row), { engine: await nativeEngine() });
  net.setWeights(new Map(Object.entries(weightsOf(row))));
  return net;
}

const inLayer = (row: LayerCase, name: string): string => `${row.layer.kind}_1.${name}`;

const weightsOf = (row: LayerCase): Tensors =>
  Object.fromEntries(
    Object.entries({ ...row.parameters, ...row.buffers }).map(([name, value]) => [inLayer(row, name), value]),
  );
