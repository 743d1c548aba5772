import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const midst = new URL("../../dist/index.js", import.meta.url).href;

const nets = new URL("../../dist/nets/index.js", import.meta.url).href;

/** The same of a game. */
const playing = `
  import { dataset, play, tensor } from ${JSON.stringify(midst)};
  import { mixtureGame } from ${JSON.stringify(nets)};
  const game = mixtureGame({ units: [8] });
  const before = [game.generator, game.discriminator].map((net) => [...net.weights.values()].map(({ data }) => [...data]));
  const input = tensor(Float32Array.from({ length: 128 }, (_, i) => i / 128), [64, 2]);
  const run = await play(game, dataset({ input }), { epochs: 1e9, batchSize: 8 });
  const learned = [game.generator, game.discriminator].every((net, i) =>
    [...net.weights.values()].every(({ data }, j) => data.every(Number.isFinite) && data.some((x, k) => x !== before[i][j][k])));
  console.log(JSON.stringify({ ended: run.ended, steps: run.steps, learned }));
`;

/** A program of its own that would train for hours, and says how it ended. */
const fitting = `
  import { adam, dataset, dense, fit, mse, sequential, tensor } from ${JSON.stringify(midst)};
  const x = tensor(Float32Array.from({ length: 64 }, (_, i) => i / 64), [64, 1]);
  const net = sequential({ input: [1] }, dense(4), dense(1));
  const first = net.weights.get("dense_1.weight").data[0];
  const run = await fit(net, dataset({ input: x, target: x }), { loss: mse(), optimizer: adam(), epochs: 1e9, batchSize: 8 });
  const { data } = net.weights.get("dense_1.weight");
  console.log(JSON.stringify({ ended: run.ended, steps: run.steps, learned: data[0] !== first && data.every(Number.isFinite) }));
`;

describe("Ctrl-C", () => {
  it.each([
    ["training", fitting],
    ["a game", playing],
  ])("ends %s in a program of its own, which goes on with what was learned", async (_, program) => {
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
    expect(shown).toMatch(/^epoch 1\/1000000000 {2}loss [\d.e+-]+ {2}.*\d+ examples\/s\n/);
  });
});
