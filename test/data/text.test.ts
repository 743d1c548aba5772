import { describe, expect, it } from "vitest";
import { DataError, FormatError, OptionError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import {
  bytePairTokenizer,
  characterTokenizer,
  parseEncoding,
  parseText,
  parseTokenizer,
  sliceTokens,
  type Tokenizer,
  tokenizerFrom,
  tokenWindows,
  wordTokenizer,
} from "../../src/data/index.js";
import { byteCharacters, mergePairs } from "../../src/data/text/bytePairTraining.js";
import { cutBefore } from "../../src/data/text/cut.js";
import { streamDecoder } from "../../src/data/text/tokenizer.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("parseText", () => {
  it("reads UTF-8 without its mark, and Latin-1", () => {
    expect(parseText(utf8("\uFEFFçà 😀\n"))).toBe("çà 😀\n");
    expect(parseText(Uint8Array.of(0x63, 0xe9, 0x96, 0xff), { encoding: "latin1" })).toBe("cé\u0096ÿ");
    const long = Uint8Array.from({ length: 10_000 }, (_, i) => i % 256);
    expect([...parseText(long, { encoding: "latin1" })].every((c, i) => c.charCodeAt(0) === i % 256)).toBe(true);
  });

  it("says on which line it is not UTF-8, and what to do", () => {
    const bytes = new Uint8Array([...utf8("one\ntwo ü\n"), 0x63, 0x61, 0x66, 0xe9, 10, ...utf8("four")]);
    const read = () => parseText(bytes, { name: "a.txt" });
    expect(read).toThrow(FormatError);
    expect(read).toThrow("a.txt:3: is not text in UTF-8");
    expect(read).toThrow('encoding: "latin1"');
    expect(() => parseText(bytes, { encoding: "ascii" as never })).toThrow(OptionError);
  });
});

const sentence = "the dog bit the man.";

describe("characters", () => {
  it("are numbered in order of code point", () => {
    const tokenizer = characterTokenizer("ba ca😀");
    expect(tokenizer.size).toBe(5);
    expect([...tokenizer.encode("abc 😀")]).toEqual([1, 2, 3, 0, 4]);
    expect(tokenizer.decode([4, 0, 3])).toBe("😀 c");
    expect(tokenizer.unknown).toBeUndefined();
  });

  it("not seen are refused by name, or one token more", () => {
    expect(() => characterTokenizer("ab").encode("aé")).toThrow(DataError);
    expect(() => characterTokenizer("ab").encode("aé")).toThrow(
      'the character "é" (U+00E9), number 1 of the text, is none of the 2',
    );
    const open = characterTokenizer(["a", "b"], { unknown: true });
    expect([open.size, open.unknown]).toEqual([3, 2]);
    expect([...open.encode("aéb")]).toEqual([0, 2, 1]);
    expect(open.decode([0, 2])).toBe("a\uFFFD");
    expect(() => open.decode([3])).toThrow("3 is no token: there are 3");
    expect(() => characterTokenizer("")).toThrow("there is no text");
  });
});

describe("words", () => {
  it("the most frequent come first, rare ones are unknown", () => {
    const tokenizer = wordTokenizer(sentence);
    expect(tokenizer.toJSON()).toEqual({ kind: "words", words: ["the"], lowercase: false });
    const all = wordTokenizer(sentence, { least: 1 });
    expect(all.toJSON()).toMatchObject({ words: ["the", ".", "bit", "dog", "man"] });
    expect([...all.encode("the cat bit.")]).toEqual([0, 5, 2, 1]);
    expect(all.unknown).toBe(5);
    expect(wordTokenizer(sentence, { least: 1, most: 2 }).size).toBe(3);
  });

  it("keep apostrophes, hyphens, numbers and other scripts; marks and line ends stand alone", () => {
    const text = "It's a well-made film: 3.5 of 5 !\nÜbergrößen, прекрасно";
    const tokenizer = wordTokenizer(text, { least: 1 });
    const tokens = [...tokenizer.encode(text)].map((token) => tokenizer.decode([token]));
    expect(tokens).toEqual([
      "It's",
      "a",
      "well-made",
      "film",
      ":",
      "3.5",
      "of",
      "5",
      "!",
      "\n",
      "Übergrößen",
      ",",
      "прекрасно",
    ]);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe("It's a well-made film: 3.5 of 5!\nÜbergrößen, прекрасно");
  });

  it("in small letters when asked", () => {
    const tokenizer = wordTokenizer("The the THE", { lowercase: true });
    expect([...tokenizer.encode("tHe")]).toEqual([0]);
    expect(() => wordTokenizer(" \t")).toThrow("no word");
    expect(() => wordTokenizer("each word but once")).toThrow("no word occurs 2 times or more");
    expect(() => wordTokenizer("a", { most: 0 })).toThrow(OptionError);
  });
});

describe("byte pairs", () => {
  // Sennrich et al. 2016, figure 1 and section 3.2, without the mark at the end of words.
  const counts = { low: 5, lower: 2, newest: 6, widest: 3 };
  const paper = Object.entries(counts).map(([word, count]) => [utf8(word), count] as const);

  it("are merged as in the paper: the most frequent first, of equal ones the first tokens", () => {
    const texts: string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    const pairs = mergePairs(paper, 5).map(([a, b]) => {
      texts.push(`${texts[a]}${texts[b]}`);
      return `${texts[a]} ${texts[b]}`;
    });
    // e s, s t: 9; then es t: 9; l o: 7, o w: 7; then lo w: 7; then n e, e w, w est: 6.
    expect(pairs).toEqual(["e s", "es t", "l o", "lo w", "e w"]);
  });

  it("are those that counting anew each time gives", () => {
    const chance = random(3, "words");
    const words = Array.from({ length: 60 }, () =>
      Uint8Array.from({ length: 1 + chance.below(9) }, () => 97 + chance.below(3)),
    );
    const weighed = words.map((word) => [word, 1 + chance.below(4)] as const);
    expect(mergePairs(weighed, 40)).toEqual(slowly(weighed, 40));
  });

  it("give back any text, and none is unknown", () => {
    const tokenizer = bytePairTokenizer(sentence.repeat(3), { size: 280 });
    expect(tokenizer.size).toBeGreaterThan(260);
    for (const text of [sentence, "  two  blanks\t\n\n é😀 , . ' s can't", "日本語", "a\r\nb\u0000"]) {
      const tokens = tokenizer.encode(text);
      expect(tokenizer.decode(tokens)).toBe(text);
    }
    expect(tokenizer.encode("the the the").length).toBeLessThan(9);
    expect(tokenizer.encode("")).toHaveLength(0);
    expect(tokenizer.decode([])).toBe("");
  });

  it("write the standard file", () => {
    const json = bytePairTokenizer("aa\naa aa aa", { size: 258 }).toJSON();
    if (json.kind !== "bpe") throw new Error("not byte pairs");
    const { model } = json.tokenizer;
    // "aa" and " aa", twice each: a a occurs four times, then the blank and aa twice.
    expect(model.merges).toEqual(["a a", "Ġ aa"]);
    expect(model.vocab).toMatchObject({ Ā: 0, Ġ: 32, a: 97, aa: 256, Ġaa: 257 });
    expect(new Set(byteCharacters).size).toBe(256);
    const read = parseTokenizer(JSON.stringify(json.tokenizer), "tokenizer.json");
    expect([...read.encode("aa aab")]).toEqual([256, 257, 98]);
  });

  it("of a long text are those of its parts put together", () => {
    const text = Array.from({ length: 9000 }, (_, i) => `${sentence} ${i % 17}\n`).join("");
    const tokenizer = bytePairTokenizer(text.slice(0, 5000), { size: 300 });
    const lines = text.split(/(?<=\n)/).map((line) => [...tokenizer.encode(line)]);
    expect([...tokenizer.encode(text)]).toEqual(lines.flat());
  });

  it("refuse what is no tokenizer", () => {
    const good = bytePairTokenizer(sentence).toJSON() as { tokenizer: { model: object } };
    const withModel = (model: object) =>
      JSON.stringify({ ...good.tokenizer, model: { ...good.tokenizer.model, ...model } });
    const refused: [string, string][] = [
      ["{", "is not JSON"],
      ["[]", "should be an object"],
      ['{"kind":"letters"}', "is no tokenizer"],
      ['{"kind":"characters","characters":"aa","unknown":false}', "none occurs twice"],
      ['{"kind":"words","words":["a","a"],"lowercase":false}', "a word occurs twice"],
      [withModel({ type: "WordPiece" }), '"BPE"'],
      [withModel({ vocab: { a: -1 } }), "whole numbers"],
      [withModel({ vocab: { a: 1e12 } }), "whole numbers"],
      [withModel({ vocab: { a: 1, b: 1 } }), "same number"],
      [withModel({ merges: ["ab"] }), '"ab" is no pair'],
    ];
    for (const [text, says] of refused) {
      expect(() => parseTokenizer(text, "t.json")).toThrow(FormatError);
      expect(() => parseTokenizer(text, "t.json")).toThrow(says);
    }
    expect(() => bytePairTokenizer("a", { size: 100 })).toThrow(OptionError);
    expect(() => bytePairTokenizer("")).toThrow("there is no text");
  });
});

/** Algorithm 1 of the paper, word for word. */
function slowly(counts: readonly (readonly [Uint8Array, number])[], merges: number): [number, number][] {
  let words = counts.map(([bytes, count]) => ({ tokens: [...bytes], count }));
  const made: [number, number][] = [];
  while (made.length < merges) {
    const pairs = new Map<string, number>();
    for (const { tokens, count } of words)
      for (let i = 1; i < tokens.length; i++) {
        const key = `${tokens[i - 1]},${tokens[i]}`;
        pairs.set(key, (pairs.get(key) ?? 0) + count);
      }
    const [best] = [...pairs]
      .map(([key, count]) => ({ pair: key.split(",").map(Number) as [number, number], count }))
      .sort((x, y) => y.count - x.count || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1]);
    if (best === undefined || best.count < 2) break;
    const [a, b] = best.pair;
    words = words.map(({ tokens, count }) => {
      const out: number[] = [];
      for (const token of tokens) {
        if (token === b && out.at(-1) === a) out[out.length - 1] = 256 + made.length;
        else out.push(token);
      }
      return { tokens: out, count };
    });
    made.push(best.pair);
  }
  return made;
}

describe.each<[string, Tokenizer]>([
  ["characters", characterTokenizer(`${sentence} é😀`)],
  ["words", wordTokenizer(`${sentence} é 😀`, { least: 1 })],
  ["byte pairs", bytePairTokenizer(sentence, { size: 270 })],
])("a tokenizer of %s", (_, tokenizer) => {
  const text = "the man é 😀 bit.";

  it("is the same after JSON, and saved with a network", () => {
    const json = JSON.stringify(tokenizer);
    expect(tokenizerFrom(JSON.parse(json)).encode(text)).toEqual(tokenizer.encode(text));
    expect(parseTokenizer(json).decode(tokenizer.encode(text))).toBe(tokenizer.decode(tokenizer.encode(text)));
    const encoding = { kind: "text", tokenizer: JSON.parse(json), length: 5 } as const;
    expect(parseEncoding(JSON.stringify(encoding), "net")).toEqual(encoding);
    expect(() => parseEncoding(JSON.stringify({ ...encoding, length: 0 }), "net")).toThrow(FormatError);
    expect(() => parseEncoding(JSON.stringify({ ...encoding, tokenizer: {} }), "net")).toThrow(
      "net: encoding.tokenizer",
    );
  });

  it("decodes one token after the other to the same text, never half a character", () => {
    const tokens = tokenizer.encode(text);
    const decoder = streamDecoder(tokenizer);
    const pieces = [...tokens].map((token) => decoder.push(token));
    expect(pieces.join("") + decoder.end()).toBe(tokenizer.decode(tokens));
    expect(pieces.join("")).not.toContain("\uFFFD");
  });
});

it("a stream that ends within a character shows what it is: half a character", () => {
  const decoder = streamDecoder(bytePairTokenizer(sentence));
  expect([decoder.push(0xc3), decoder.end()]).toEqual(["", "\uFFFD"]);
  // Bytes that will never make a character do not hold up what follows.
  const other = streamDecoder(bytePairTokenizer(sentence));
  const shown = [0xff, 0xff, 0xff, 0xff, 97].map((byte) => other.push(byte)).join("") + other.end();
  expect(shown.endsWith("a")).toBe(true);
});

it("texts are divided before a single blank, else between characters", () => {
  expect(cutBefore("one two three", 0, 9)).toBe(7);
  expect(cutBefore("one two\nthree", 0, 9)).toBe(7);
  expect(cutBefore("one  two", 0, 6)).toBe(6);
  expect(cutBefore("a😀b", 0, 2)).toBe(1);
  expect(cutBefore("😀b", 0, 1)).toBe(1);
});

describe("tokenWindows", () => {
  const tokenizer = characterTokenizer("abcdefghijklmnopqrstuvwxyz");
  const tokens = Int32Array.from({ length: 26 }, (_, i) => i);
  const read = (data: ReturnType<typeof tokenWindows>, indices: number[], draw?: { seed: number; step: number }) => {
    const { inputs, targets } = data.batch(indices, draw) as unknown as {
      inputs: { input: { data: Int32Array } };
      targets: { target: { data: Int32Array } };
    };
    return [tokenizer.decode(inputs.input.data), tokenizer.decode(targets.target.data)];
  };

  it("lie end to end, the target one further", () => {
    const data = tokenWindows(tokens, { tokenizer, length: 5 });
    expect(data.length).toBe(5);
    expect(data.inputShapes).toEqual({ input: [5] });
    expect(data.targetShapes).toEqual({ target: [5] });
    expect(read(data, [0, 4])).toEqual(["abcdeuvwxy", "bcdefvwxyz"]);
    expect(data.ordered).toBeUndefined();
  });

  it("are moved at random in training, by the draw alone, and stay within the text", () => {
    const data = tokenWindows(tokens, { tokenizer, length: 5 });
    const draw = { seed: 1, step: 3 };
    expect(read(data, [0, 1, 2], draw)).toEqual(read(data, [0, 1, 2], draw));
    const starts = new Set<string>();
    for (let step = 0; step < 60; step++) {
      const [input, target] = read(data, [4], { seed: 1, step }) as [string, string];
      expect(target).toBe([...input].map((c) => String.fromCharCode(c.charCodeAt(0) + 1)).join(""));
      starts.add((read(data, [0], { seed: 1, step })[0] as string).slice(0, 1));
    }
    expect([...starts].sort().join("")).toBe("abcde");
  });

  it("in order: each row goes on where it ended", () => {
    const data = tokenWindows(tokens, { tokenizer, length: 4, ordered: true, rows: 3 });
    expect(data.ordered).toBe(true);
    expect(data.length).toBe(6);
    const draw = { seed: 1, step: 0 };
    expect(read(data, [0, 1, 2], draw)[0]).toBe("abcd" + "ijkl" + "qrst");
    expect(read(data, [3, 4, 5], draw)).toEqual(["efgh" + "mnop" + "uvwx", "fghi" + "nopq" + "vwxy"]);
    expect(() => read(data, [0, 1], draw)).toThrow("Give fit batchSize: 3");
    expect(() => read(data, [1, 2, 3], draw)).toThrow(DataError);
    expect(() => read(data, [2, 1, 0], draw)).toThrow(DataError);
  });

  it("come from a source that answers later, and from parts of one", async () => {
    const source = {
      length: 26,
      read: async (start: number, count: number) => tokens.subarray(start, start + count),
    };
    const data = tokenWindows(source, { tokenizer, length: 5 });
    const now = tokenWindows(tokens, { tokenizer, length: 5 });
    expect(await data.batch([1, 3])).toEqual(now.batch([1, 3]));
    const part = tokenWindows(sliceTokens(source, 10), { tokenizer, length: 5 });
    const { inputs } = await part.batch([0]);
    expect(tokenizer.decode((inputs.input as { data: Int32Array }).data)).toBe("klmno");
    expect(() => sliceTokens(source, 5, 27)).toThrow(OptionError);
  });

  it("refuse a text that is too short, and options that do not fit", () => {
    expect(() => tokenWindows(tokens, { tokenizer, length: 26 })).toThrow("26 tokens are too few for 1 window of 26");
    expect(() => tokenWindows(tokens, { tokenizer, length: 5, ordered: true, rows: 6 })).toThrow(DataError);
    expect(() => tokenWindows(tokens, { tokenizer, length: 5, ordered: true })).toThrow(OptionError);
    expect(() => tokenWindows(tokens, { tokenizer, length: 5, rows: 2 })).toThrow("belong together");
    expect(() => tokenWindows(tokens, { tokenizer, length: 0 })).toThrow(OptionError);
  });
});
