// Training steps of midst and PyTorch in turn: node bench/lowering/compare.mjs [workload ...]
// TORCH names a Python that has PyTorch; without it only midst is measured.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inTurn, median, repeating, show } from "./quiet.mjs";
import { engineWith } from "./session.mjs";
import { trainingStep } from "./training.mjs";

async function torchPeer(name) {
  if (process.env.TORCH === undefined) return undefined;
  const script = fileURLToPath(new URL("../peers/torch.py", import.meta.url));
  const child = spawn(process.env.TORCH, [script], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const { about } = await ask({ cmd: "setup", workload: name });
  return { about, ask, pid: child.pid };
}

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : ["mlp", "conv", "vgg6"]) {
  const torch = await torchPeer(name);
  const mine = await trainingStep(name, engineWith());
  const first = [];
  for (let i = 0; i < 3; i++) {
    await mine.step();
    first.push(mine.loss().toFixed(5));
  }
  const block = repeating(mine.step);
  const once = median(await block());
  const count = Math.max(2, Math.round(300 / once));
  const contenders = { midst: { block } };
  if (torch) contenders.torch = { pid: torch.pid, block: async () => (await torch.ask({ cmd: "steps", count })).ms };
  const results = await inTurn(contenders);
  for (const [who, result] of Object.entries(results)) console.log(`${name.padEnd(5)} ${who}: ${show(result)}`);
  console.log(`      first losses ${first.join(" ")}${torch ? `; torch: ${torch.about}` : ""}`);
  torch?.ask({ cmd: "quit" }).catch(() => {});
}
process.exit(0);
