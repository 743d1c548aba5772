import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, FormatError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import {
  bytePairTokenizer,
  characterTokenizer,
  type Tokenizer,
  tokenWindows,
  wordTokenizer,
} from "../../src/data/index.js";
import { readText, textFile, textFolder, textFolders } from "../../src/node/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-text-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** Longer than four of the parts that are read at once, with characters of one to four bytes across their borders. */
function longText(): string {
  const chance = random(1, "text");
  const words = ["one", "größer", "日本語", "😀", "two,", "can't", "  three", "\n", "—", "x"];
  return Array.from({ length: 60_000 }, () => words[chance.below(words.length)]).join(" ");
}

describe("textFile", () => {
  const text = longText();

  it.each<[string, (text: string) => Tokenizer]>([
    ["characters", (t) => characterTokenizer(t)],
    ["words", (t) => wordTokenizer(t)],
    ["bpe", (t) => bytePairTokenizer(t, { size: 300 })],
  ])("gives the %s of the whole text, a part at a time", async (kind, make) => {
    const path = await file(`${kind}.txt`, text);
    const tokenizer = kind === "bpe" ? make(text.slice(0, 20_000)) : make(text);
    const source = await textFile(path, { tokenizer: kind === "bpe" ? tokenizer : (kind as "words"), cache: 2 ** 19 });
    expect(source.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
    const tokens = tokenizer.encode(text);
    expect(source.length).toBe(tokens.length);
    expect(await source.read(0, tokens.length)).toEqual(tokens);
    const chance = random(2, "starts");
    for (let i = 0; i < 20; i++) {
      const start = chance.below(tokens.length - 100);
      expect(await source.read(start, 100)).toEqual(tokens.subarray(start, start + 100));
    }
    const options = { tokenizer, length: 64, ordered: true, rows: 7 };
    const [streamed, inMemory] = [tokenWindows(source, options), tokenWindows(tokens, options)];
    expect(streamed.length).toBe(inMemory.length);
    const last = Array.from({ length: 7 }, (_, row) => streamed.length - 7 + row);
    expect(await streamed.batch(last)).toEqual(await inMemory.batch(last));
  });

  it("needs few open files for a batch of many parts", async () => {
    const path = await file("many.txt", "so much depends\n".repeat(2 ** 20));
    const program = `
      import { tokenWindows } from "midst/data";
      import { textFile } from "midst/node";
      const book = await textFile(${JSON.stringify(path)}, { cache: 0 });
      const data = tokenWindows(book, { tokenizer: book.tokenizer, length: 16 });
      const { inputs } = await data.batch(Array.from({ length: 256 }, (_, i) => 4096 * i));
      console.log(inputs.input.shape);`;
    const options = { encoding: "utf8", env: { ...process.env, PROGRAM: program } } as const;
    const command = `ulimit -n 200 && "${process.execPath}" --input-type=module -e "$PROGRAM"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], options);
    expect([stdout, stderr]).toEqual(["[ 256, 16 ]\n", ""]);
  });

  it("reads Latin-1, and leaves out a mark at the beginning", async () => {
    const latin = await file("latin.txt", Uint8Array.of(0x63, 0xe9));
    const source = await textFile(latin, { encoding: "latin1" });
    expect(source.tokenizer.decode(await source.read(0, 2))).toBe("cé");
    const marked = await textFile(await file("marked.txt", "\uFEFFab"));
    expect(marked.tokenizer.decode(await marked.read(0, 2))).toBe("ab");
    await expect(marked.read(1, 2)).rejects.toThrow("count");
  });

  it("names the line that is not UTF-8, also far into the file", async () => {
    const lines = "ä line\n".repeat(20_000);
    const path = await file("bad.txt", new Uint8Array([...Buffer.from(lines), 0xe9, 10, 0x61]));
    await expect(textFile(path)).rejects.toThrow(FormatError);
    await expect(textFile(path)).rejects.toThrow("bad.txt:20001: is not text in UTF-8");
  });

  it("names the line of a character that the tokenizer has not seen, also far into the file", async () => {
    const path = await file("strange.txt", `${"a line\n".repeat(30_000)}an é\n`);
    const tokenizer = characterTokenizer("a line\n");
    await expect(textFile(path, { tokenizer })).rejects.toThrow(
      'strange.txt:30001: encode: the character "é" (U+00E9), number 3 of the text',
    );
  });

  it("refuses a file that is empty, missing, or changed since", async () => {
    await expect(textFile(await file("empty.txt", ""))).rejects.toThrow("the file is empty");
    await expect(textFile(await file("mark.txt", "\uFEFF"))).rejects.toThrow("mark.txt: the file is empty");
    await expect(textFile(join(folder, "none.txt"))).rejects.toThrow(DataError);
    await expect(textFile(folder)).rejects.toThrow("it is a folder, not a file");
    const pipe = join(folder, "pipe.txt");
    execFileSync("bash", ["-c", `mkfifo "${pipe}"`]);
    await expect(textFile(pipe)).rejects.toThrow("it is a device or pipe, not a file");
    const path = await file("changing.txt", "abcdef");
    const source = await textFile(path);
    await writeFile(path, "abc");
    await expect(source.read(0, 3)).rejects.toThrow("has changed");
    await writeFile(path, "abcdef");
    expect([...(await source.read(0, 3))]).toEqual([0, 1, 2]);
    await expect(textFile(path, { tokenizer: "letters" as never })).rejects.toThrow("characters, words, bpe");
  });
});

describe("readText", () => {
  it("is the text, or says where it is not UTF-8", async () => {
    expect(await readText(await file("a.txt", "aé\n"))).toBe("aé\n");
    const path = await file("b.txt", Uint8Array.of(97, 10, 0xff));
    await expect(readText(path)).rejects.toThrow("b.txt:2: is not text in UTF-8");
    expect(await readText(path, { encoding: "latin1" })).toBe("a\nÿ");
  });
});

describe("textFolder", () => {
  it("reads two files of lines, by their endings or their names", async () => {
    await file("films/rt.pos", "fine\ngood");
    await file("films/rt.neg", "bad\n");
    const { texts, classes, places } = await textFolder(join(folder, "films"));
    expect([texts, classes]).toEqual([
      ["bad", "fine", "good"],
      ["neg", "pos"],
    ]);
    expect(places).toEqual(["neg:1", "pos:1", "pos:2"]);
    await file("moods/happy.txt", "yes");
    await file("moods/sad.txt", "no");
    expect((await textFolder(join(folder, "moods"))).classes).toEqual(["happy", "sad"]);
  });

  it("reads a folder for each class, a text a file", async () => {
    await file("news/sport/1.txt", "a goal\nand another");
    await file("news/sport/2.txt", "a race");
    await file("news/money/1.txt", "a crash");
    const { texts, labels, classes } = await textFolder(join(folder, "news"));
    expect(texts).toEqual(["a crash", "a goal\nand another", "a race"]);
    expect([...labels]).toEqual([0, 1, 1]);
    expect(classes).toEqual(["money", "sport"]);
    await mkdir(join(folder, "news", "weather"));
    await expect(textFolder(join(folder, "news"))).rejects.toThrow('"weather" has no .txt files');
  });

  it("reads the parts of a data set, and does not take them for classes", async () => {
    for (const part of ["train", "val"]) {
      await file(`divided/${part}/good.txt`, `fine in ${part}`);
      await file(`divided/${part}/bad.txt`, "dull");
    }
    const { train, test, validation } = await textFolders(join(folder, "divided"));
    expect([train.texts, train.classes]).toEqual([
      ["dull", "fine in train"],
      ["bad", "good"],
    ]);
    expect([test, validation?.texts]).toEqual([undefined, ["dull", "fine in val"]]);
    await expect(textFolder(join(folder, "divided"))).rejects.toThrow("it has the parts train, val. Use textFolders()");
    await expect(textFolders(join(folder, "moods"))).rejects.toThrow('there is no folder "train"');
  });

  it("says what it looked for, and that Latin-1 is none of UTF-8", async () => {
    await file("other/a.bin", "x");
    await expect(textFolder(join(folder, "other"))).rejects.toThrow("reviews.pos");
    await file("latin/r.a", Uint8Array.of(0xe9));
    await file("latin/r.b", "x");
    await expect(textFolder(join(folder, "latin"))).rejects.toThrow('encoding: "latin1"');
    expect((await textFolder(join(folder, "latin"), { encoding: "latin1" })).texts).toEqual(["é", "x"]);
  });
});
