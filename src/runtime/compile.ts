import type { Tensor } from "../base/tensor.js";
import { type Graph, input, type Value } from "../graph/index.js";
import { lower } from "../onnx/index.js";
import { defaultEngine, type Engine, type LoadOptions, type Program } from "./engine.js";

const programs = new WeakMap<Graph, WeakMap<Engine, Promise<Program>>>();

/**
 * The program of a graph on an engine, made on first use and kept as long as the graph.
 * @param options what it is for; defaults to inference. What the first call says holds
 * @param engine defaults to the host's best engine
 */
export async function compile(
  graph: Graph,
  options: LoadOptions = { purpose: "inference" },
  engine?: Engine,
): Promise<Program> {
  const target = engine ?? (await defaultEngine());
  const known = programs.get(graph) ?? new WeakMap<Engine, Promise<Program>>();
  programs.set(graph, known);
  const program = known.get(target) ?? target.load(lower(graph), options);
  known.set(target, program);
  // A program that could not be made is not kept: the next call tries again.
  program.catch(() => known.delete(target));
  return program;
}

/**
 * Runs ops on numbers at once, without a network: `run(x => relu(x), tensor([-1, 2]))`.
 * Compiles a graph for each call: for trying things out, tests and teaching.
 */
export async function run(body: (...values: Value[]) => Value, ...tensors: Tensor[]): Promise<Tensor> {
  const values = tensors.map((t, i) => input(`x${i}`, t.shape, t.dtype));
  const named = <T>(items: readonly T[]) => Object.fromEntries(items.map((item, i) => [`x${i}`, item]));
  const program = await compile({ inputs: named(values), outputs: { y: body(...values) } });
  return (await program.run(named(tensors))).y as Tensor;
}
