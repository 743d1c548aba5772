// The benchmark: midst and its peers as child processes on the same numbers, in turns, medians.
//   npm run bench [-- workload...]   e.g. npm run bench -- mlp conv
// PyTorch takes part when PYTHON (default "python3") has torch; the JavaScript peers when bench/ is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const ROUNDS = 5;
const python = process.env.PYTHON ?? "python3";
const at = (path) => new URL(path, import.meta.url).pathname;

if (!existsSync(at("node_modules"))) spawnSync("npm", ["install"], { cwd: at("."), stdio: "inherit" });
const hasTorch = spawnSync(python, ["-c", "import torch"]).status === 0;
const peers = {
  midst: [process.execPath, at("peers/midst.mjs")],
  ort: [process.execPath, at("peers/ort.mjs")],
  ...(hasTorch && { pytorch: [python, at("peers/torch.py")] }),
  "jax-js": [process.execPath, at("peers/jax.mjs")],
  tfjs: [process.execPath, at("peers/tfjs.mjs")],
};

/** Steps per turn of each workload, and of peers that are slow at it. */
const plans = {
  mlp: { steps: 40, slow: { "jax-js": 5, tfjs: 2 } },
  conv: { steps: 15, slow: { "jax-js": 1, tfjs: 1 }, once: ["tfjs", "jax-js"] },
  vgg6: { steps: 5, slow: {}, without: ["tfjs", "jax-js"] },
  resnet20: { steps: 10, slow: {}, without: ["tfjs", "jax-js", "ort"] },
  resnet110: { steps: 3, slow: {}, without: ["tfjs", "jax-js", "ort"] },
  lstm64: { steps: 20, slow: { "jax-js": 3, tfjs: 1 }, without: ["ort"] },
  lstm128: { steps: 5, slow: { "jax-js": 1, tfjs: 1 }, once: ["tfjs"], without: ["ort"] },
  dcgan32: { steps: 6, slow: {}, without: ["tfjs", "jax-js", "ort"], unit: "round" },
  infer1: { steps: 300, slow: { "jax-js": 10 }, unit: "call" },
  generate: { steps: 1000, slow: { "jax-js": 200, tfjs: 200 }, without: ["ort"], unit: "character" },
};

/** A peer as a child process that answers one JSON line to each. */
function start([command, ...args]) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (message) => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const { value, done } = await lines.next();
      return done ? { error: "the process ended" } : JSON.parse(value);
    },
    end: () => child.kill(),
  };
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const show = (ms) => (ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3));

async function measure(workload) {
  const { steps, slow, once = [], without = [], unit = "training step" } = plans[workload];
  const running = [];
  for (const [name, command] of Object.entries(peers)) {
    if (without.includes(name)) continue;
    let peer = start(command);
    let ready = await peer.ask({ cmd: "setup", workload });
    if (ready.tried) {
      // In a new process, whose memory is not that of the other ways.
      peer.end();
      peer = start(command);
      ready = await peer.ask({ cmd: "setup", workload, about: ready.about });
    }
    if (ready.ready) running.push({ name, peer, ready, ms: [], peak: 0 });
    else peer.end();
  }
  // One turn to warm up, then turns that count.
  for (let round = 0; round <= ROUNDS; round++)
    for (const each of running) {
      const { name, peer, ms } = each;
      if (once.includes(name) && round !== 1) continue;
      const answer = await peer.ask({ cmd: "steps", count: slow[name] ?? steps });
      if (round > 0) ms.push(...(answer.ms ?? []));
      each.peak = answer.peak ?? each.peak;
    }
  const ours = median(running.find(({ name }) => name === "midst").ms);
  process.stdout.write(
    `\n${workload}: ms per ${unit} (median of ${ROUNDS} turns, and the least), peak memory of the process\n`,
  );
  for (const { name, ms, ready, peer, peak } of running) {
    const value = median(ms);
    const least = `(${show(Math.min(...ms))})`;
    const memory = `${peak.toFixed(0)} MB`;
    const rate = unit === "character" ? `${Math.round(1000 / value).toLocaleString("en-US")} a second, ` : "";
    const ratio = name === "midst" ? "" : `midst takes ${(ours / value).toFixed(ours / value < 0.1 ? 4 : 2)} of it`;
    process.stdout.write(
      `  ${name.padEnd(8)} ${show(value).padStart(9)} ${least.padEnd(9)} ${memory.padStart(8)}   ${ratio.padEnd(26)} ${rate}${ready.version}, ${ready.about}\n`,
    );
    peer.end();
  }
}

/** From the start of importing midst to the end of the first training step of the MNIST network. */
function measureStart() {
  const seconds = Array.from({ length: 5 }, () => {
    const { stdout } = spawnSync(process.execPath, [at("startup.mjs")], { encoding: "utf8" });
    return Number(stdout);
  });
  process.stdout.write(
    `\nstart: ${median(seconds).toFixed(2)} s from import to the end of the first step (median of 5)\n`,
  );
}

const asked = process.argv.slice(2);
for (const workload of Object.keys(plans)) if (asked.length === 0 || asked.includes(workload)) await measure(workload);
if (asked.length === 0 || asked.includes("start")) measureStart();
for (const script of ["data", "depth", "optimizer"])
  if (asked.length === 0 || asked.includes(script)) {
    process.stdout.write(script === "depth" ? "" : `\n${script}: `);
    spawnSync(process.execPath, [at(`${script}.mjs`)], { stdio: "inherit" });
  }
process.exit(0);
