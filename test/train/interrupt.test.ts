import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const midst = new URL("../../dist/index.js", import.meta.url).href;

/** A program of its own that would train for hours, and says how it ended. */
const program = `
  import { adam, dataset, dense, fit, mse, sequential, tensor } from ${JSON.stringify(midst)};
  const x = tensor(Float32Array.from({ length: 64 }, (_, i) => i / 64), [64, 1]);
  const net = sequential({ input: [1] }, dense(4), dense(1));
  const first = net.weights.get("dense_1.weight").data[0];
  const run = await fit(net, dataset({ input: x, target: x }), { loss: mse(), optimizer: adam(), epochs: 1e9, batchSize: 8 });
  const { data } = net.weights.get("dense_1.weight");
  console.log(JSON.stringify({ ended: run.ended, steps: run.steps, learned: data[0] !== first && data.every(Number.isFinite) }));
`;

describe("Ctrl-C", () => {
  it("ends training in a program of its own, which goes on with what was learned", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    let [out, shown] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      // Progress goes to standard error, a line an epoch; the third means that training is under way.
      const before = shown.split("\n").length;
      shown += text;
      if (before <= 3 && shown.split("\n").length > 3) child.kill("SIGINT");
    });
    const [code, signal] = await once(child, "exit");
    expect({ code, signal }, shown.slice(-500)).toEqual({ code: 0, signal: null });
    const { ended, steps, learned } = JSON.parse(out);
    expect({ ended, learned }).toEqual({ ended: "interrupted", learned: true });
    expect(steps).toBeGreaterThanOrEqual(3 * 8);
    expect(shown).toMatch(/^epoch 1\/1000000000 {2}loss [\d.e+-]+ {2}\d+ examples\/s\n/);
  });
});
