import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "midst";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, midst } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-cli-text-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** Sentences of which one word says the class. */
function reviews(count: number): { text: string; mood: string }[] {
  const chance = random(1, "reviews");
  const words = ["the", "film", "is", "a", "story", "of", "men"];
  return Array.from({ length: count }, (_, i) => {
    const mood = i % 2 === 0 ? "good" : "bad";
    const said = Array.from({ length: 3 + chance.below(4) }, () => words[chance.below(words.length)] as string);
    said.splice(chance.below(said.length), 0, mood === "good" ? "wonderful" : "boring");
    return { text: said.join(" "), mood };
  });
}

describe("labelled texts", () => {
  it("are learnt from a CSV file, evaluated, and predicted from sentences and files", async () => {
    const rows = reviews(160);
    const csv = await file(
      "reviews.csv",
      ["mood,text", ...rows.map(({ text, mood }) => `${mood},"${text}"`)].join("\n"),
    );
    const net = join(folder, "reviews.safetensors");
    const asked = ["--text", "text", "--target", "mood"];
    const trained = await midst("train", csv, ...asked, "--epochs", "20", "--learning-rate", "0.01", "-o", net);
    expect(trained.stderr).toContain("labelledCsv(await readText(");
    expect(trained.stderr).toContain("wordTokenizer(given, { lowercase: true })");
    expect(trained.code).toBe(0);
    const { scores } = JSON.parse((await midst("evaluate", net, csv, ...asked, "--json")).stdout);
    expect(scores.accuracy).toBeGreaterThan(0.95);
    const lines = await file("new.txt", "a wonderful story\n\nthe BORING men\n");
    const { answers } = JSON.parse((await midst("predict", net, "a boring film", lines, "--json")).stdout);
    expect(answers.map(({ guesses: [best] }: { guesses: { name: string }[] }) => best?.name)).toEqual([
      "bad",
      "good",
      "bad",
    ]);
    expect(answers.map(({ example }: { example: string }) => example)).toEqual([
      "a boring film",
      `${lines}:1`,
      `${lines}:3`,
    ]);
    expect((await midst("evaluate", net, csv)).stderr).toContain("--text");
    const { answers: named } = JSON.parse((await midst("predict", net, csv, "--text", "text", "--json")).stdout);
    expect(named).toHaveLength(160);
    expect(named[0].example).toBe(`${csv}:2`);
    for (const [given, why] of [
      [csv, "--text: names the column"],
      ["nowhere.txt", "there is no such file"],
      [folder, "it is a folder"],
      [await file("blank.txt", "\n \n"), "there is no text in it"],
    ] as const) {
      const refused = await midst("predict", net, given);
      expect(refused.stderr).toContain(why);
      expect(refused.code).toBe(1);
    }
    expect((await midst("generate", net)).stderr).toContain("no language model");
  });

  it("are found in two files of lines, in Latin-1 when that is said", async () => {
    const rows = reviews(80);
    for (const mood of ["good", "bad"]) {
      const lines = rows.filter((row) => row.mood === mood).map(({ text }) => `${text} caf\u00e9`);
      await file(
        `films/rt.${mood}`,
        Uint8Array.from(lines.join("\n"), (c) => c.charCodeAt(0)),
      );
    }
    const films = join(folder, "films");
    const refused = await midst("train", films, "--no-run");
    expect(refused.stderr).toContain("is not text in UTF-8");
    expect(refused.stderr).toContain("--encoding latin1");
    expect(refused.code).toBe(1);
    const net = join(folder, "films.safetensors");
    const { report } = JSON.parse(
      (await midst("train", films, "--encoding", "latin1", "--epochs", "1", "--no-run", "-o", net, "--json")).stdout,
    );
    expect(report.examples).toBe(16);
    expect(report.classes.map(({ name }: { name: string }) => name)).toEqual(["bad", "good"]);
  });

  it("are found in parts, and evaluated on the test", async () => {
    for (const [part, rows] of [
      ["train", reviews(60)],
      ["test", reviews(20)],
    ] as const)
      for (const mood of ["good", "bad"]) {
        const lines = rows.filter((row) => row.mood === mood).map(({ text }) => text);
        await file(`divided/${part}/${mood}.txt`, lines.join("\n"));
      }
    const divided = join(folder, "divided");
    const net = join(folder, "divided.safetensors");
    const trained = await midst("train", divided, "--epochs", "1", "--no-run", "-o", net);
    expect(trained.stderr).toContain("80 texts of 2 classes (bad, good): 60 to train on and 20 to test");
    expect(trained.stderr).toContain(`const texts = await textFolders("${divided}");`);
    expect(trained.stderr).toContain("textData(texts, { tokenizer });");
    const { examples } = JSON.parse((await midst("evaluate", net, divided, "--json")).stdout);
    expect(examples).toBe(20);
  });

  it("refuses what does not fit", async () => {
    const csv = await file("small.csv", "a,b\nx,y\nz,w");
    expect((await midst("train", csv, "--text", "c")).stderr).toContain('there is no column "c"');
    const table = await file("table.csv", Array.from({ length: 20 }, (_, i) => `${i},${i % 2}`).join("\n"));
    expect((await midst("train", table, "--tokens", "words")).stderr).toContain("--tokens: is for text");
    const long = await file("long.txt", "one two three\n".repeat(20));
    for (const [option, ...value] of [
      ["--target", "a"],
      ["--text", "a"],
      ["--size", "32"],
      ["--grey"],
      ["--skip-bad"],
      ["--no-augment"],
    ] as const)
      expect((await midst("train", long, option, ...value, "--no-run")).stderr).toContain(`error: ${option}:`);
    const book = await file("tiny.txt", "ab");
    expect((await midst("train", book, "--no-run")).stderr).toContain("are too few");
    expect((await midst("train", await file("empty.txt", ""), "--no-run")).stderr).toContain("the file is empty");
    expect((await midst("train", await file("net.txt", "ab ".repeat(50)), "--net", "cnn")).stderr).toContain(
      "--net lstm",
    );
  });
});

describe("a book", () => {
  it.each([["characters"], ["words"], ["bpe"]])("is learnt by %s, evaluated, and goes on", async (tokens) => {
    const book = await file(`${tokens}.txt`, "one two three four five\n".repeat(150));
    const net = join(folder, `${tokens}.safetensors`);
    const asked = ["--tokens", tokens, "--length", "12", "--batch-size", "16", "--epochs", "12", "--no-run", "-o", net];
    const trained = await midst("train", book, ...asked, "--learning-rate", "0.01");
    expect(trained.stderr).toContain(`{ tokenizer: "${tokens}" }`);
    expect(trained.stdout).toContain("perplexity");
    const { scores } = JSON.parse((await midst("evaluate", net, book, "--json")).stdout);
    expect(scores.perplexity).toBeCloseTo(Math.exp(scores.loss), 6);
    expect(scores.perplexity).toBeLessThan(1.6);
    const written = await midst("generate", net, "--prompt", "one two", "--temperature", "0", "--stop", "five");
    expect(written.stdout.trim()).toBe("one two three four");
    const again = [
      "generate",
      net,
      "--prompt",
      "four",
      "--length",
      "9",
      "--seed",
      "3",
      "--top-k",
      "3",
      "--top-p",
      "0.9",
    ];
    const { text } = JSON.parse((await midst(...again, "--json")).stdout);
    expect((await midst(...again)).stdout).toBe(`four${text}\n`);
    expect((await midst("predict", net, "one")).stderr).toContain("midst generate");
  });

  it("refuses characters that it has not seen", async () => {
    const net = join(folder, "characters.safetensors");
    const { stderr, code } = await midst("generate", net, "--prompt", "One");
    expect(stderr).toContain('the character "O" (U+004F)');
    expect(code).toBe(1);
  });

  it("without line ends needs a prompt to go on with", async () => {
    const book = await file("line.txt", "one two three ".repeat(20));
    const net = join(folder, "line.safetensors");
    await midst("train", book, "--epochs", "1", "--no-run", "-o", net);
    expect((await midst("generate", net)).stderr).toContain("--prompt: is needed");
    expect((await midst("generate", net, "--prompt", "\n")).stderr).toContain('the character "\\u{a}"');
    expect((await midst("generate", net, "--prompt", "one")).code).toBe(0);
  });

  it("ends in silence when nobody reads on", () => {
    const net = join(folder, "characters.safetensors");
    const piped = `"${process.execPath}" "${command}" generate "${net}" --length 20000 | head -c 5`;
    const { stdout, stderr } = spawnSync("bash", ["-c", piped], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^.{5}$/s), ""]);
  });
});
