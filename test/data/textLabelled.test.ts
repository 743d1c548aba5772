import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import {
  characterTokenizer,
  encodeTexts,
  labelledCsv,
  labelledLines,
  textData,
  wordTokenizer,
} from "../../src/data/index.js";

describe("labelled texts", () => {
  const texts = labelledLines({ pos: "fine film\n\n very fine \r\ngood", neg: "bad\nvery bad film" });

  it("are lines of files that are classes", () => {
    expect(texts.texts).toEqual(["fine film", "very fine", "good", "bad", "very bad film"]);
    expect([...texts.labels]).toEqual([0, 0, 0, 1, 1]);
    expect(texts.classes).toEqual(["pos", "neg"]);
    expect(texts.places[1]).toBe("pos:3");
    expect(() => labelledLines({ pos: "a" })).toThrow("one class only");
    expect(() => labelledLines({ pos: "a", neg: "\n " })).toThrow("neg: there is no text");
  });

  it("are columns of a CSV file", () => {
    const file = 'id,review,mood\n1,"Fine, really",good\n2,Dull,bad\n3,"Two\nlines",good';
    const read = labelledCsv(file, { text: "review", target: "mood", name: "r.csv" });
    expect(read).toEqual({
      texts: ["Dull", "Fine, really", "Two\nlines"],
      labels: Int32Array.of(0, 1, 1),
      classes: ["bad", "good"],
      places: ["r.csv:3", "r.csv:2", "r.csv:5"],
    });
    expect(() => labelledCsv(file, { text: "revue", target: "mood" })).toThrow(OptionError);
    expect(() => labelledCsv("t,c\na,\nb,x", { text: "t", target: "c", name: "r.csv" })).toThrow(
      'r.csv:2: the cell of "c" is empty',
    );
  });

  it("become padded tokens with their lengths, in the classes of the encoding", () => {
    const tokenizer = wordTokenizer(texts.texts, { least: 1 });
    const encoding = { kind: "text", tokenizer: tokenizer.toJSON(), length: 2, classes: ["neg", "pos"] } as const;
    const data = encodeTexts(texts, encoding);
    expect(data.inputShapes).toEqual({ input: [2], lengths: [] });
    expect([...(data.labels as Int32Array)]).toEqual([1, 1, 1, 0, 0]);
    const { inputs, targets } = data.batch([2, 4]) as {
      inputs: Record<string, { data: Int32Array }>;
      targets: Record<string, { data: Int32Array }>;
    };
    const [good, very, bad] = ["good", "very", "bad"].map((word) => tokenizer.encode(word)[0]);
    expect([...(inputs.input?.data ?? [])]).toEqual([good, 0, very, bad]);
    expect([...(inputs.lengths?.data ?? [])]).toEqual([1, 2]);
    expect([...(targets.target?.data ?? [])]).toEqual([1, 0]);
    expect(() => encodeTexts(texts, { ...encoding, classes: ["neg"] })).toThrow('the class "pos"');
    const letters = { ...encoding, tokenizer: characterTokenizer("film").toJSON() };
    expect(() => encodeTexts(texts, letters)).toThrow("pos:1: ");
  });

  it("are divided in equal shares, the tokenizer learnt on the training texts alone", () => {
    const many = labelledLines({
      a: Array.from({ length: 40 }, (_, i) => `w${i} a`).join("\n"),
      b: Array.from({ length: 40 }, (_, i) => `v${i} b b`).join("\n"),
    });
    let seen: readonly string[] = [];
    const { train, test } = textData(many, {
      tokenizer: (given) => {
        seen = given;
        return wordTokenizer(given, { least: 1 });
      },
      split: { train: 0.75, test: 0.25 },
      seed: 1,
    });
    expect([train.length, test.length, seen.length]).toEqual([60, 20, 60]);
    expect([...(test.labels as Int32Array)].filter((label) => label === 0)).toHaveLength(10);
    expect(train.inputShapes.input).toEqual([3]);
    expect(test.encoding).toEqual(train.encoding);
    const { inputs } = test.batch([0]) as { inputs: Record<string, { data: Int32Array }> };
    const { size } = wordTokenizer(seen, { least: 1 });
    expect(inputs.input?.data[0]).toBe(size - 1);
  });

  it("that are divided already stay so, with the classes of the training texts", () => {
    const test = labelledLines({ neg: "bad", pos: "fine" });
    const parts = textData({ train: texts, test }, { tokenizer: (given) => wordTokenizer(given, { least: 1 }) });
    expect([parts.train.length, parts.test.length]).toEqual([5, 2]);
    expect(parts.train.inputShapes.input).toEqual([3]);
    expect(parts.test.encoding).toEqual(parts.train.encoding);
    expect([...(parts.test.labels as number[])]).toEqual([1, 0]);
    const tokenizer = () => wordTokenizer("a", { least: 1 });
    expect(() => textData({ train: texts }, { tokenizer, split: { train: 1 } } as never)).toThrow(OptionError);
  });
});
