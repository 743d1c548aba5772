import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dense, embedding, gru, lstm, type Network, sequential } from "../../src/index.js";
import { save } from "../../src/node/index.js";
import { tone, wavFile } from "../data/wavFile.js";
import { filesIn, midst } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "midst-memory-"));
afterAll(() => rm(folder, { recursive: true }));

const kept = async (net: Network, name: string, encoding: NonNullable<Network["encoding"]>): Promise<string> => {
  net.encoding = encoding;
  const file = join(folder, `${name}.safetensors`);
  await save(net, file);
  return file;
};

const characters = { kind: "characters", characters: "\n abc", unknown: false } as const;
let language: string;
let sentences: string;

beforeAll(async () => {
  language = await kept(
    sequential({ input: [8], dtype: "int32", seed: 1 }, embedding(5, 4), lstm(6, { layers: 2 }), dense(5)),
    "language",
    { kind: "text", tokenizer: characters, length: 8 },
  );
  sentences = await kept(
    sequential(
      { input: [10], dtype: "int32", lengths: true, seed: 1 },
      embedding(5, 4),
      gru(6, { returns: "last" }),
      dense(2),
    ),
    "sentences",
    { kind: "text", tokenizer: characters, length: 10, classes: ["neg", "pos"] },
  );
});

describe("midst look at a recurrent network", () => {
  it("shows what a language model holds while it reads a sentence, and tests its memory", async () => {
    const out = join(folder, "pictures");
    const asked = [
      "look",
      language,
      "abc cab abc b",
      "--memory",
      "--swap",
      "2",
      "5",
      "--layer",
      "lstm_1/l1",
      "--unit",
      "3",
    ];
    const { stdout, code, stderr } = await midst(...asked, "--out", out);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const line of [
      "lstm_1/l1: 13 steps, 6 units",
      "state of unit 3\nabc·cab·abc·b",
      "lstm_1/l1: length of gradients",
      "lstm_1/l1 cut, 12 times",
      "lstm_1: parts at step 2",
      "change (nats)",
      "check: every answer's identity holds to within",
    ])
      expect(stdout).toContain(line);
    expect(await filesIn(out)).toEqual(["cut.svg", "gradients.svg", "lstm_1.l1.svg", "swap.svg"]);
    expect(await readFile(join(out, "cut.svg"), "utf8")).toMatch(/^<svg /);
  });

  it("says the same as JSON", async () => {
    const { stdout } = await midst("look", language, "abc", "--memory", "--swap", "0", "1", "--json");
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({ layer: "lstm_1", time: 3, units: 6, tokens: ["a", "b", "c"] });
    expect(seen.memory.reach.h).toHaveLength(3);
    expect(seen.memory.measure).toBe("kl");
    expect(seen.swap.layers.map((each: { layer: string }) => each.layer)).toEqual(["lstm_1", "lstm_1/l1"]);
    expect(Object.keys(seen.saturation)).toEqual(["input", "forget", "output"]);
    expect(seen.check).toBeLessThan(0.02);
  });

  it("reads the beginning of a file, and a sentence that is classified up to its end", async () => {
    const file = join(folder, "book.txt");
    await writeFile(file, "abc abc abc abc\n");
    expect((await midst("look", language, file)).stdout).toContain("abc·abc·");
    expect((await midst("look", language, file)).stdout).toContain("8 steps");
    const { stdout } = await midst("look", sentences, "abc b");
    expect(stdout).toMatch(/^abc b: (neg|pos) \d+\.\d %/);
    expect(stdout).toContain("gru_1: 5 steps, 6 units");
  });

  it("listens to a sound", async () => {
    const net = sequential({ input: [6, 4], lengths: true, seed: 1 }, gru(3, { returns: "last" }), dense(2));
    const features = { kind: "logMel", rate: 8000, window: 256, hop: 128, bands: 4, low: 20, high: 4000 } as const;
    const numbers = { mean: [0, 0, 0, 0], deviation: [1, 1, 1, 1] };
    const file = await kept(net, "sounds", { kind: "sound", features, length: 6, ...numbers, classes: ["one", "two"] });
    const sound = join(folder, "tone.wav");
    await writeFile(sound, wavFile([tone(440, 0.2)]));
    const { stdout, stderr } = await midst("look", file, sound, "--memory");
    expect(stderr).toBe("");
    expect(stdout).toContain("gru_1: 6 steps, 3 units");
    expect(stdout).toContain("result by input");
  });

  it("says what it cannot do", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await midst("look", ...args);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await refused(language, "xyz")).toContain("x");
    expect(await refused(language, "")).toContain("there is no text in it");
    expect(await refused(language, "abc", "--layer", "lstm_2")).toContain("lstm_1");
    expect(await refused(language, "abc", "--swap", "1")).toContain("takes two steps");
    expect(await refused(language, "abc", "--swap", "1", "3")).toContain("swap");
    expect(await refused(language, "abc", "--unit", "6")).toContain("unit");
    expect(await refused(language, "nowhere.txt")).toContain("nowhere.txt: there is no such file");
  });
});
