import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { random } from "midst";
import { describe, expect, it } from "vitest";
import { filesIn, inFolder, interrupted, midst } from "./run.js";

/** A table of 200 points and whether they lie above a line. */
async function table(folder: string): Promise<string> {
  const path = join(folder, "points.csv");
  const x = random(3).normal(400);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [a, b] = [x[2 * i] as number, x[2 * i + 1] as number];
    return `${a},${b},${a + b > 0 ? "above" : "below"}`;
  });
  await writeFile(path, ["a,b,side", ...rows].join("\n"));
  return path;
}

const wishes = [
  ...["--epochs", "60", "--batch-size", "4", "--optimizer", "adamW", "--weight-decay", "0.01", "--average", "0.9"],
  ...["--schedule", "one-cycle", "--clip-norm", "1", "--label-smoothing", "0.1", "--class-weights"],
  ...["--validation", "0.2", "--patience", "60", "--seed", "4"],
];

describe("midst resume", () => {
  it("goes on after Ctrl-C, which says how, to the same network", async () =>
    inFolder(async (folder) => {
      const data = await table(folder);
      const at = (name: string) => join(folder, name);
      const whole = await midst("train", data, ...wishes, "--run", at("whole"), "--out", at("whole.safetensors"));
      expect(whole.stderr).toContain("const decayed = adamW({ learningRate, weightDecay: 0.01 });");
      expect(whole.stderr).toContain("optimizer: ({ shape }) => (shape.length > 1 ? decayed : plain),");
      expect(whole.code, whole.stderr).toBe(0);

      const run = at("cut");
      const first = await interrupted(3, "train", data, ...wishes, "--run", run, "--out", at("cut.safetensors"));
      expect(first.code).toBe(0);
      expect(first.out).toContain(`go on with: npx midst resume ${run}`);
      expect(first.out).not.toContain("epoch 60/60");
      const second = await midst("resume", run, "--json");
      expect(JSON.parse(second.stdout)).toMatchObject({ ended: "done", steps: 60 * 32 });
      const network = (path: string) => readFile(path);
      expect(await network(at("cut/net.safetensors"))).toEqual(await network(at("whole.safetensors")));
    }));

  it("keeps a run in runs/NAME-1, -2, and nothing with --no-run", async () =>
    inFolder(async (folder) => {
      const data = await table(folder);
      for (const more of [[], [], ["--no-run"]]) await midst.in(folder)("train", data, "--epochs", "1", ...more);
      expect(await filesIn(folder)).toEqual(["net.safetensors", "points.csv", "runs"]);
      expect(await filesIn(join(folder, "runs"))).toEqual(["points-1", "points-2"]);
    }));

  it("goes on for more epochs", async () =>
    inFolder(async (folder) => {
      const [data, run] = [await table(folder), join(folder, "run")];
      await midst("train", data, "--epochs", "2", "--run", run, "--out", join(folder, "a.safetensors"));
      const { stdout } = await midst("resume", run, "--epochs", "3", "--json");
      expect(JSON.parse(stdout).history.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2, 3]);
    }));

  it.each([
    ["there is no run", undefined, "there is no such file or folder"],
    ["the recipe is no JSON", "{", "it is not JSON"],
    ["another program made it", '{"fit":{}}', "the run was not made by midst train"],
    ["it names another command", '{"recipe":{"command":["export","a","b"]}}', "the run was not made by midst train"],
    ["it holds no texts", '{"recipe":{"command":["train",{"a":1}]}}', "the run was not made by midst train"],
  ])("refuses when %s", async (_, recipe, message) =>
    inFolder(async (folder) => {
      if (recipe !== undefined) await writeFile(join(folder, "recipe.json"), recipe);
      const { code, stderr } = await midst("resume", folder);
      expect(code).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toContain("recipe.json");
    }),
  );

  it("writes where it is told, not where a recipe says", async () =>
    inFolder(async (folder) => {
      const [data, run, precious] = [await table(folder), join(folder, "run"), join(folder, "precious")];
      await midst("train", data, "--epochs", "1", "--run", run, "--out", join(folder, "a.safetensors"));
      const recipe = JSON.parse(await readFile(join(run, "recipe.json"), "utf8"));
      recipe.recipe.command.push("--out", precious, "--run", join(folder, "elsewhere"));
      await writeFile(join(run, "recipe.json"), JSON.stringify(recipe));
      await midst("resume", run, "--epochs", "2");
      expect(await filesIn(folder)).toEqual(["a.safetensors", "points.csv", "run"]);
    }));
});

describe("midst train", () => {
  it.each([
    ["--mixup", ["--mixup", "0.2", "--net", "linear"], "mixup("],
    ["--accumulate", ["--accumulate", "2"], "accumulate: 2"],
    ["--plateau", ["--plateau", "1"], "reduceOnPlateau({ patience: 1 })"],
    ["--schedule step", ["--schedule", "step"], "stepDecay("],
    ["--optimizer sgd", ["--optimizer", "sgd"], "sgd({ learningRate: cosine("],
  ])("%s is done, and printed", async (_, words, printed) =>
    inFolder(async (folder) => {
      const data = await table(folder);
      const result = await midst.in(folder)("train", data, "--epochs", "2", "--no-run", ...words);
      expect(result.code, result.stderr).toBe(0);
      expect(result.stderr).toContain(printed);
    }),
  );

  it.each([
    ["--warm-up", ["--warm-up", "2", "--schedule", "one-cycle"], "--warm-up: is for the cosine"],
    ["--rotate", ["--rotate", "10"], "--rotate: is for pictures"],
    ["--keep-checkpoints", ["--keep-checkpoints", "2"], "--keep-checkpoints: needs the folder of a run"],
    ["--monitor", ["--monitor", "acc"], 'monitor must be one of loss, accuracy, got "acc"'],
  ])("refuses %s where it would change nothing", async (_, words, message) =>
    inFolder(async (folder) => {
      const result = await midst("train", await table(folder), "--epochs", "2", "--no-run", ...words);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(message);
    }),
  );

  it("goes on from a saved network, a part of it frozen", async () =>
    inFolder(async (folder) => {
      const [data, a, b] = [await table(folder), join(folder, "a.safetensors"), join(folder, "b.safetensors")];
      await midst("train", data, "--epochs", "1", "--no-run", "--out", a);
      const words = ["--from", a, "--freeze", "dense_1", "--epochs", "1", "--no-run", "--out", b];
      const { code, stderr } = await midst("train", data, ...words);
      expect(code, stderr).toBe(0);
      const { load } = await import("midst/node");
      const [before, after] = [await load(a), await load(b)];
      const weight = (net: typeof before, name: string) => net.weights.get(name)?.data;
      expect(weight(after, "dense_1.weight")).toEqual(weight(before, "dense_1.weight"));
      expect(weight(after, "dense_2.weight")).not.toEqual(weight(before, "dense_2.weight"));
    }));
});
