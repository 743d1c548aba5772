// Several ways to lower the same computation, compared: same numbers, which one is fastest?
import { built } from "./built.mjs";
import { printProfile, profiled } from "./profiling.mjs";
import { calm, inTurn, repeating, show } from "./quiet.mjs";
import { engineWith } from "./session.mjs";

const { zeros } = await built("base/tensor.js");
const { applyAll, defineOp, input } = await built("graph/index.js");
const { lower } = await built("onnx/index.js");

let count = 0;

/**
 * @param inputs by name: the shape of an input
 * @param shapes the outputs' shapes
 * @param emitWay (emit, names of the inputs...) => names of the outputs
 */
export function modelOf(inputs, shapes, emitWay) {
  const values = Object.entries(inputs).map(([name, shape]) => input(name, shape));
  const op = defineOp({
    name: `way${count++}`,
    type: () => shapes.map((shape) => ({ dtype: "float32", shape })),
    lower: (emit, x) => [emitWay(emit, ...x)].flat(),
  });
  const outputs = applyAll(op, values, {});
  return lower({
    inputs: Object.fromEntries(Object.keys(inputs).map((name, i) => [name, values[i]])),
    outputs: Object.fromEntries(outputs.map((value, i) => [`y${i}`, value])),
  });
}

/** Numbers in [-1, 1), always the same. */
export function numbers(shape) {
  const y = zeros(shape);
  let seed = 12345 + shape.length;
  for (let i = 0; i < y.data.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    y.data[i] = seed / 2 ** 31 - 1;
  }
  return y;
}

/**
 * Runs each way in turn and prints its time and how far its numbers are from the first way's.
 * @param ways by name: an emitWay of modelOf
 * With PROFILE=part-of-a-name in the environment, those ways are profiled instead.
 */
export async function compareWays(
  title,
  inputs,
  shapes,
  ways,
  { threads = 2, seconds = 60, flop = 0, given = {} } = {},
) {
  const engine = engineWith({ intraOpNumThreads: threads });
  const feeds = Object.fromEntries(Object.entries(inputs).map(([n, shape]) => [n, given[n] ?? numbers(shape)]));
  if (process.env.PROFILE) return profileWays(title, feeds, inputs, shapes, ways, threads);
  const running = [];
  for (const [name, emitWay] of Object.entries(ways)) {
    try {
      const program = await engine.load(modelOf(inputs, shapes, emitWay));
      const into = Object.fromEntries(shapes.map((shape, i) => [`y${i}`, zeros(shape)]));
      await program.run(feeds, into);
      running.push({ name, program, into });
    } catch (error) {
      console.log(`  ${name}: ${String(error.message).slice(0, 200)}`);
    }
  }
  const contenders = running.map(({ name, program, into }) => {
    const run = () => program.run(feeds, into);
    return [name, { block: repeating(run, 60) }];
  });
  const results = await inTurn(Object.fromEntries(contenders), { blocks: 5, seconds });
  console.log(`${title} (${threads} thread${threads > 1 ? "s" : ""})`);
  const first = running[0];
  for (const { name, into, program } of running) {
    let off = 0;
    let scale = 0;
    for (const key in into)
      into[key].data.forEach((v, i) => {
        off = Math.max(off, Math.abs(v - first.into[key].data[i]));
        scale = Math.max(scale, Math.abs(v));
      });
    const rate = flop > 0 ? `${(flop / 1e6 / Math.min(...results[name].times)).toFixed(0).padStart(5)} GFLOP/s` : "";
    console.log(`  ${name.padEnd(58)} ${show(results[name])} ${rate}  off ${(off / scale).toExponential(1)}`);
    await program.ortSession.release();
  }
}

async function profileWays(title, feeds, inputs, shapes, ways, threads) {
  for (const [name, emitWay] of Object.entries(ways).filter(([name]) => name.includes(process.env.PROFILE))) {
    const profile = await profiled(
      async (engine) => {
        const program = await engine.load(modelOf(inputs, shapes, emitWay));
        const into = Object.fromEntries(shapes.map((shape, i) => [`y${i}`, zeros(shape)]));
        const end = performance.now() + 150_000;
        for (let burst = 0; burst < 6 && (await calm(end)); burst++) {
          const until = performance.now() + 200;
          while (performance.now() < until) await program.run(feeds, into);
        }
        return program.ortSession;
      },
      { intraOpNumThreads: threads },
    );
    console.log(`${title}: ${name}`);
    printProfile(profile, 30, true);
  }
}
