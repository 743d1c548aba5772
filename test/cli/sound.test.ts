import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tone, wavFile } from "../data/wavFile.js";
import { inFolder, midst } from "./run.js";

it("sounds are learnt, evaluated and named", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tones");
    for (const [name, hertz] of [
      ["high", 2000],
      ["low", 300],
    ] as const) {
      await mkdir(join(root, name), { recursive: true });
      for (let i = 0; i < 20; i++)
        await writeFile(join(root, name, `${i}.wav`), wavFile([tone(hertz + 10 * i, 0.1 + 0.005 * i)]));
    }
    const net = join(folder, "net.safetensors");
    const trained = await midst("train", root, "--epochs", "8", "--no-run", "-o", net);
    expect(trained.stderr).toContain("augmentSounds(await soundFolder(");
    expect(trained.code).toBe(0);
    const { scores, examples } = JSON.parse((await midst("evaluate", net, root, "--json")).stdout);
    expect(examples).toBe(40);
    expect(scores.accuracy).toBeGreaterThan(0.9);
    const new1 = join(folder, "new.wav");
    await writeFile(new1, wavFile([tone(2050, 0.15, 16_000), tone(2050, 0.15, 16_000)], { rate: 16_000 }));
    const { stdout } = await midst("predict", net, new1);
    expect(stdout).toContain("new.wav: high");
    await writeFile(new1, wavFile([tone(2050, 0.15)]).subarray(0, 500));
    expect((await midst("predict", net, new1)).stderr).toContain(
      "says it has 2400 bytes of samples, but only 456 follow",
    );
    expect((await midst("train", root, "--tokens", "words")).stderr).toContain("--tokens: is for text");
  }));
