import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { album, drawn } from "./pictures.js";
import { filesIn, inFolder, interrupted, midst } from "./run.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the repository, so that "midst" is the built package itself.
const programs = mkdtempSync(join(root, ".programs-"));
let folder: string;
let flat: string;
let classes: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-game-"));
  flat = await album(join(folder, "flat"), 6);
  classes = await album(join(folder, "classes"), 6, ["daisy", "rose"]);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(programs, { recursive: true });
});

const small = ["--gan", "--size", "28", "--features", "2", "--latent", "4", "--epochs", "2", "--batch-size", "4"];

/** The TypeScript that `midst train` has printed. */
const printed = (stderr: string): string => {
  const [, code = ""] = /The same in TypeScript:\n\n([\s\S]*?)\n\n(?! )/.exec(stderr) ?? [];
  return code.replace(/^ {2}/gm, "");
};

/** What the compiler says of a program against the package's own declarations. */
function typeErrors(code: string): string[] {
  const file = join(programs, "typed.ts");
  writeFileSync(file, code);
  const program = ts.createProgram([file], {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: ["node"], exactOptionalPropertyTypes: true },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    target: ts.ScriptTarget.ES2023,
  });
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

async function runProgram(code: string): Promise<void> {
  const file = join(programs, "program.mjs");
  writeFileSync(file, ts.transpile(code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }));
  await promisify(execFile)(process.execPath, [file]);
}

describe("midst train --gan", () => {
  it.each([
    ["pictures without classes", () => [flat, ...small], "imageFiles"],
    [
      "pictures of classes, with all there is",
      () => [
        ...[classes, ...small, "--conditional", "--grey", "--no-augment", "--seed", "5", "--average", "0.9"],
        ...["--r1", "1", "--instance-noise", "0.1", "--smoothing", "0.1", "--discriminator-steps", "2"],
        ...["--clip-norm", "1", "--clip-value", "0.5", "--learning-rate", "0.001", "--skip-bad"],
        ...["--discriminator-learning-rate", "0.0005"],
      ],
      "discriminator: adam({ learningRate: 0.0005, beta1: 0.5 }) },",
    ],
    ["a penalty", () => [flat, ...small, "--objective", "wasserstein-penalty"], "wasserstein({ gradientPenalty: 10 })"],
  ])("prints the program that does the same: %s", async (_, words, part) =>
    inFolder(async (own) => {
      const [net, run] = [join(own, "net.safetensors"), join(own, "run")];
      const { code, stdout, stderr } = await midst("train", ...words(), "--out", net, "--run", run);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("generator loss");
      expect(stdout).toContain(join(run, "samples-0001.png"));
      expect(await filesIn(run)).toEqual(
        expect.arrayContaining([
          ...["discriminator.safetensors", "log.jsonl", "net.safetensors", "recipe.json"],
          ...["samples-0001.png", "samples-0002.png", "samples-over-time.png"],
        ]),
      );
      const program = printed(stderr);
      expect(program).toContain(part);
      expect(typeErrors(program)).toEqual([]);
      const again = join(own, "again");
      await runProgram(
        program.replace(JSON.stringify(net), JSON.stringify(again)).replace(JSON.stringify(run), `"${run}-2"`),
      );
      expect(await readFile(again)).toEqual(await readFile(net));
      const file = (name: string, of: string) => readFile(join(of, name));
      for (const name of ["net.safetensors", "discriminator.safetensors", "samples-over-time.png"])
        expect(await file(name, `${run}-2`), name).toEqual(await file(name, run));
    }),
  );

  it.each([
    ["minimax", "minimax()"],
    ["least-squares", "leastSquares()"],
    ["hinge", "hinge()"],
    ["wasserstein-clip", "wasserstein({ clip: 0.01 })"],
  ])("plays for %s", async (name, code) =>
    inFolder(async (own) => {
      const words = [...small, "--objective", name, "--out", join(own, "a"), "--no-run", "--discriminator-steps", "2"];
      const result = await midst("train", flat, ...words);
      expect(result.code, result.stderr).toBe(0);
      expect(result.stderr).toContain(`objective: ${code},`);
      expect(result.stderr).toContain("discriminatorSteps: 2,");
      expect(await filesIn(own)).toEqual(["a"]);
    }),
  );

  it("as JSON says what came of it", async () =>
    inFolder(async (own) => {
      const [net, run] = [join(own, "net.safetensors"), join(own, "run")];
      const { stdout } = await midst("train", classes, ...small, "--conditional", "--json", "--out", net, "--run", run);
      const said = JSON.parse(stdout);
      expect(said).toMatchObject({ saved: net, run, ended: "done", steps: 6 });
      expect(said.data).toBe("12 pictures of 2 classes (daisy, rose), read as 28x28 in colour");
      expect(said.files).toEqual([
        net,
        ...["discriminator.safetensors", "net.safetensors", "samples-0001.png", "samples-0002.png"].map((file) =>
          join(run, file),
        ),
        join(run, "samples-over-time.png"),
      ]);
      const { load } = await import("midst/node");
      const generator = await load(net);
      expect(said.parameters.generator).toBe(generator.parameterCount);
      expect(said.report.scores).toEqual(said.history[1].training);
      expect(said.report.scores).toMatchObject({ loss: expect.any(Number), "generator loss": expect.any(Number) });
      expect(generator.encoding).toMatchObject({
        kind: "latent",
        size: 4,
        noise: "normal",
        classes: ["daisy", "rose"],
      });
      expect((await load(join(run, "discriminator.safetensors"))).encoding).toEqual({
        ...{ kind: "images", shape: [3, 28, 28], mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], fit: "cover" },
      });
    }));

  it("reads train/ of a folder with parts, idx files, and leaves", async () =>
    inFolder(async (own) => {
      await album(join(own, "parts", "train"), 5);
      await album(join(own, "parts", "test"), 3);
      const idx = (count: number, ...axes: number[]) => {
        const header = new DataView(new ArrayBuffer(4 + 4 * (axes.length + 1)));
        header.setUint32(0, 0x0800 + axes.length + 1);
        for (const [i, length] of [count, ...axes].entries()) header.setUint32(4 + 4 * i, length);
        const data = Uint8Array.from({ length: axes.reduce((a, b) => a * b, count) }, (_, i) => i % 10);
        return Uint8Array.from([...new Uint8Array(header.buffer), ...data]);
      };
      await mkdir(join(own, "digits"));
      await writeFile(join(own, "digits", "train-images-idx3-ubyte"), idx(10, 28, 28));
      await writeFile(join(own, "digits", "train-labels-idx1-ubyte"), idx(10));
      const train = async (data: string, ...more: string[]) => {
        const words = ["--gan", "--features", "2", "--latent", "4", "--epochs", "1", "--no-run", "--json", ...more];
        const { stdout, stderr } = await midst.in(own)("train", data, ...words);
        expect(stderr).toBe("");
        return JSON.parse(stdout).data;
      };
      expect(await train(join(own, "parts"))).toBe(
        `5 pictures of ${join(own, "parts", "train")}, read as 32x32 in colour`,
      );
      expect(await train(join(own, "digits"))).toBe("10 grey pictures 28x28");
      expect(await train(join(own, "digits"), "--conditional")).toBe("10 grey pictures 28x28 in 10 classes");
      expect(await train("leaves")).toContain("1600 pictures in colour, 32x32");
    }));

  it("reads pictures of all sizes and modes in one folder, and in the folders in it", async () =>
    inFolder(async (own) => {
      const data = join(own, "all");
      await mkdir(join(data, "more"), { recursive: true });
      const at = (name: string) => join(data, name);
      await drawn(1, 50, 20).jpeg().toFile(at("wide.jpg"));
      await drawn(2, 9, 40).webp().toFile(at("high.webp"));
      await drawn(3).png({ palette: true, colours: 8 }).toFile(at("palette.png"));
      await drawn(4).ensureAlpha(0.5).png().toFile(at("alpha.png"));
      await drawn(5).greyscale().png().toFile(at("grey.png"));
      await drawn(6).toColourspace("rgb16").png().toFile(at("deep.png"));
      await drawn(7).toColourspace("grey16").png().toFile(at("more/deep-grey.png"));
      expect((await sharp(at("deep.png")).metadata()).depth).toBe("ushort");
      for (const more of [[], ["--grey"]]) {
        const { stdout, code } = await midst.in(own)("train", data, ...small, "--json", "--no-run", ...more);
        expect(code).toBe(0);
        expect(JSON.parse(stdout).data).toContain("7 pictures");
      }
    }));
});

describe("midst resume", () => {
  const wishes = [
    ...[
      "--gan",
      "--size",
      "28",
      "--features",
      "2",
      "--latent",
      "4",
      "--epochs",
      "10",
      "--batch-size",
      "4",
      "--conditional",
    ],
    ...["--objective", "hinge", "--average", "0.9", "--discriminator-steps", "2", "--instance-noise", "0.1"],
    ...["--clip-norm", "1", "--seed", "3", "--checkpoint-steps", "2"],
  ];

  it("goes on with a game after Ctrl-C, to the same networks and pictures", async () =>
    inFolder(async (own) => {
      const at = (name: string) => join(own, name);
      const whole = await midst("train", classes, ...wishes, "--run", at("whole"), "--out", at("whole.safetensors"));
      expect(whole.code, whole.stderr).toBe(0);
      const cut = at("cut");
      const first = await interrupted(2, "train", classes, ...wishes, "--run", cut, "--out", at("cut.safetensors"));
      expect(first.code).toBe(0);
      expect(first.out).toContain(`go on with: npx midst resume ${cut}`);
      expect(first.out).not.toContain("epoch 10/10");
      const second = JSON.parse((await midst("resume", cut, "--json")).stdout);
      expect(second).toMatchObject({ ended: "done", steps: 30, saved: at("cut/net.safetensors") });
      for (const name of ["net.safetensors", "discriminator.safetensors", "samples-0010.png", "samples-over-time.png"])
        expect(await readFile(join(cut, name)), name).toEqual(await readFile(join(at("whole"), name)));
      expect(await readFile(at("cut/net.safetensors"))).toEqual(await readFile(at("whole.safetensors")));
      const { history } = JSON.parse((await midst("resume", cut, "--epochs", "11", "--json")).stdout);
      expect(history.map(({ epoch }: { epoch: number }) => epoch)).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
    }));
});
