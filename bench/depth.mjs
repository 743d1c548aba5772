// What depth costs before the first step: seconds to trace, differentiate, lower and load the training step of residual
// networks, each in a process of its own (nothing compiled yet). `node bench/depth.mjs [depth...]`
import { spawnSync } from "node:child_process";

const DEPTHS = [20, 56, 110, 200];
const BATCH = 32;
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

/** Prints the table. */
export function measureDepth(depths = DEPTHS) {
  process.stdout.write(`\ndepth: seconds to make the training step of a residual network ready (batch ${BATCH})\n`);
  process.stdout.write(
    `  ${"layers".padStart(6)} ${PHASES.map((phase) => phase.padStart(13)).join("")}        nodes\n`,
  );
  for (const depth of depths) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, "one", depth], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    const { seconds, nodes } = JSON.parse(stdout);
    const cells = PHASES.map((phase) => seconds[phase].toFixed(2).padStart(13)).join("");
    process.stdout.write(`  ${String(depth).padStart(6)} ${cells} ${String(nodes).padStart(12)}\n`);
  }
}

if (process.argv[1] === import.meta.filename) {
  const [mode, ...rest] = process.argv.slice(2);
  if (mode === "one") process.stdout.write(JSON.stringify(await measure(Number(rest[0]))));
  else measureDepth(mode === undefined ? DEPTHS : process.argv.slice(2).map(Number));
}
