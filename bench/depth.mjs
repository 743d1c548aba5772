// What depth costs before the first step: seconds to trace, differentiate, lower and load the training step of residual
// networks, each in a process of its own (nothing compiled yet). Then what checkpoints save of a step's memory.
//   node bench/depth.mjs [depth...]
import { spawnSync } from "node:child_process";

const DEPTHS = [20, 56, 110, 200];
const PHASES = ["import", "trace", "differentiate", "lower", "load", "total"];

/** One network's seconds by phase, and how many nodes its graph has. */
async function measure(depth) {
  let last = performance.now();
  const began = last;
  const seconds = {};
  const done = (phase) => {
    const now = performance.now();
    seconds[phase] = (now - last) / 1000;
    last = performance.now();
  };
  const { crossEntropy, sgd } = await import("../dist/index.js");
  const { resnet } = await import("../dist/nets/index.js");
  const { nativeEngine } = await import("../dist/node/index.js");
  const { lower } = await import("../dist/onnx/index.js");
  const { stepPlan } = await import("../dist/runtime/stepGraph.js");
  const { nodesOf } = await import("../dist/graph/index.js");
  const engine = await nativeEngine();
  done("import");
  const net = resnet({ depth, classes: 10 });
  const traced = net.traced(true);
  done("trace");
  const target = { dtype: "int32", shape: ["batch"] };
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const { graph } = stepPlan(traced, { loss: crossEntropy(), optimizer }, { target }, false).batch;
  done("differentiate");
  const model = lower(graph);
  done("lower");
  await engine.load(model, { purpose: "training" });
  done("load");
  seconds.total = (last - began) / 1000 - seconds.import;
  return { seconds, nodes: nodesOf(Object.values(graph.outputs)).length, megabytes: model.bytes.length / 1e6 };
}

/** One training step's peak memory in MB (beyond what was there before it) and seconds. */
async function measureStep(depth, batch, checkpointed) {
  const { crossEntropy, random, sgd, TrainingStep, tensor } = await import("../dist/index.js");
  const { resnet } = await import("../dist/nets/index.js");
  const net = resnet({ depth, classes: 10, checkpointed });
  const input = tensor(random(0, "pictures").normal(batch * 3 * 32 * 32), [batch, 3, 32, 32]);
  const target = tensor(
    Int32Array.from({ length: batch }, (_, i) => i % 10),
    [batch],
  );
  const data = { inputs: { input }, targets: { target } };
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const step = await TrainingStep.create(net, data, { loss: crossEntropy(), optimizer });
  const before = process.resourceUsage().maxRSS;
  await step.run(data);
  const began = performance.now();
  const { loss } = await step.run(data);
  const seconds = (performance.now() - began) / 1000;
  const peak = process.resourceUsage().maxRSS;
  return { peak: peak / 1024, ofStep: (peak - before) / 1024, seconds, loss };
}

/** What a function of this file gives in a process of its own. */
function inChild(...args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, ...args.map(String)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Prints the seconds by phase. */
export function measureDepth(depths = DEPTHS) {
  process.stdout.write("\ndepth: seconds to make the training step of a residual network ready\n");
  process.stdout.write(
    `  ${"layers".padStart(6)} ${PHASES.map((phase) => phase.padStart(14)).join("")}        nodes\n`,
  );
  for (const depth of depths) {
    const { seconds, nodes } = inChild("ready", depth);
    const cells = PHASES.map((phase) => seconds[phase].toFixed(2).padStart(14)).join("");
    process.stdout.write(`  ${String(depth).padStart(6)} ${cells} ${String(nodes).padStart(12)}\n`);
  }
}

/** Prints the peak memory with and without checkpoints. */
export function measureMemory(depth = 200, batch = 128) {
  process.stdout.write(`\nmemory: one training step of ${depth} layers at batch ${batch}\n`);
  for (const checkpointed of [false, true]) {
    const { peak, ofStep, seconds } = inChild("step", depth, batch, checkpointed);
    process.stdout.write(
      `  ${(checkpointed ? "checkpointed" : "all kept").padEnd(14)} peak RSS ${peak.toFixed(0).padStart(6)} MB, ` +
        `${ofStep.toFixed(0).padStart(6)} MB of it the step's; ${seconds.toFixed(2)} s a step\n`,
    );
  }
}

if (process.argv[1] === import.meta.filename) {
  const [mode, ...rest] = process.argv.slice(2);
  if (mode === "ready") process.stdout.write(JSON.stringify(await measure(Number(rest[0]))));
  else if (mode === "step")
    process.stdout.write(JSON.stringify(await measureStep(Number(rest[0]), Number(rest[1]), rest[2] === "true")));
  else {
    measureDepth(mode === undefined ? DEPTHS : process.argv.slice(2).map(Number));
    if (mode === undefined) measureMemory();
  }
}
