import { describe, expect, it } from "vitest";
import { bytePairTokenizer, characterTokenizer, type Tokenizer, wordTokenizer } from "../../src/data/index.js";
import {
  classify,
  DataError,
  dense,
  embedding,
  generate,
  gru,
  lstm,
  type Network,
  OptionError,
  ShapeError,
  sequential,
  tensor,
} from "../../src/index.js";

function withTokens(net: Network, tokenizer: Tokenizer): Network {
  net.encoding = {
    kind: "text",
    tokenizer: tokenizer.toJSON(),
    length: net.architecture.inputs.input?.shape[0] as number,
  };
  return net;
}

const letters = characterTokenizer("abcd");

/** A network that says: after each letter comes the next, after d comes a. */
function cycle(): Network {
  const net = sequential({ input: [8], dtype: "int32" }, embedding(4, 4));
  const weight = new Float32Array(16);
  for (let i = 0; i < 4; i++) weight[4 * i + ((i + 1) % 4)] = 50;
  net.setWeights(new Map([["embedding_1.weight", tensor(weight, [4, 4])]]));
  return withTokens(net, letters);
}

/** Random weights, large enough that the state matters. */
function recurrent(tokenizer: Tokenizer = letters): Network {
  const net = sequential(
    { input: [8], dtype: "int32", seed: 4 },
    embedding(tokenizer.size, 6),
    gru(12),
    dense(tokenizer.size),
  );
  return withTokens(net, tokenizer);
}

describe("generate", () => {
  it("goes on with the prompt", async () => {
    expect(await generate(cycle(), "ab", { length: 6 }).text()).toBe("cdabcd");
    expect(await generate(cycle(), "b", { length: 0 }).text()).toBe("");
  });

  it("gives a piece a token, and begins anew each time", async () => {
    const generation = generate(cycle(), "a", { length: 3 });
    const pieces: string[] = [];
    for await (const piece of generation) pieces.push(piece);
    expect(pieces).toEqual(["b", "c", "d"]);
    expect(await generation.text()).toBe("bcd");
  });

  it("keeps the state: at temperature 0 it is what the whole sequence gives", async () => {
    const net = recurrent();
    const text = await generate(net, "abca", { length: 12, temperature: 0 }).text();
    let seen = "abca";
    for (let i = 0; i < 12; i++) {
      const input = tensor(letters.encode(seen), [1, seen.length]);
      const { data } = await net.at({ input: [seen.length] }).predict(input);
      const scores = data.subarray(data.length - 4);
      seen += letters.decode([scores.indexOf(Math.max(...scores))]);
    }
    expect(text).toBe(seen.slice(4));
  });

  it("is the same for the same seed, another for another", async () => {
    const net = recurrent();
    const write = (seed: number) => generate(net, "a", { length: 60, seed, temperature: 2 }).text();
    expect(await write(1)).toBe(await write(1));
    expect(await write(1)).not.toBe(await write(2));
    expect(await generate(net, "a", { length: 30, seed: 3, topK: 1 }).text()).toBe(
      await generate(net, "a", { length: 30, temperature: 0 }).text(),
    );
  });

  it.each([
    ["da", "bc"],
    [["xx", "cda"], "b"],
    [["bd", "dd"], "bcdabcda"],
    ["", "bcdabcda"],
    ["b", ""],
  ])("stops before %j", async (stop, text) => {
    const generation = generate(cycle(), "a", { length: 8, stop });
    expect(await generation.text()).toBe(text);
    let pieces = "";
    for await (const piece of generation) {
      pieces += piece;
      expect(text.startsWith(pieces)).toBe(true);
    }
  });

  it("never writes the unknown word, and joins bytes to characters", async () => {
    const words = wordTokenizer("a b a b c c", { least: 2 });
    const text = await generate(recurrent(words), "a", { length: 50, temperature: 3 }).text();
    expect(text).not.toContain("\uFFFD");
    expect(text.trim().split(" ")).toHaveLength(50);
    const bytes = bytePairTokenizer("é", { size: 257 });
    const net = sequential({ input: [4], dtype: "int32" }, embedding(bytes.size, bytes.size));
    const weight = new Float32Array(bytes.size ** 2);
    // After 0xC3 comes 0xA9, after anything else 0xC3.
    for (let i = 0; i < bytes.size; i++) weight[i * bytes.size + (i === 0xc3 ? 0xa9 : 0xc3)] = 90;
    net.setWeights(new Map([["embedding_1.weight", tensor(weight, [bytes.size, bytes.size])]]));
    const pieces: string[] = [];
    for await (const piece of generate(withTokens(net, bytes), "x", { length: 4 })) pieces.push(piece);
    expect(pieces).toEqual(["é", "é"]);
  });

  it("refuses what it cannot do", async () => {
    const net = recurrent();
    expect(() => generate(net, "abé")).toThrow('the character "é" (U+00E9)');
    expect(() => generate(net, "")).toThrow("the prompt is empty");
    for (const options of [
      { temperature: -1 },
      { topK: 0 },
      { topP: 0 },
      { topP: 1.1 },
      { length: 1.5 },
      { size: 3 },
      { seed: 1.5 },
      { seed: "x" },
    ])
      expect(() => generate(net, "a", options as object)).toThrow(OptionError);
    expect(() => generate(net, "a", { stop: ["b", 5] as never })).toThrow(
      'generate: stop must be a text or a list of texts, got ["b",5].',
    );
    const spoiled = withTokens(recurrent(), letters);
    spoiled.setWeights(new Map([["dense_1.bias", tensor([0, 0, NaN, 0], [4])]]));
    await expect(generate(spoiled, "a").text()).rejects.toThrow("generate: the network's score for token 2 is NaN.");
    net.encoding = { kind: "values", shape: [3] };
    expect(() => generate(net, "a")).toThrow(DataError);
    const wrong = withTokens(sequential({ input: [8], dtype: "int32" }, embedding(4, 3)), letters);
    await expect(generate(wrong, "a").text()).rejects.toThrow(ShapeError);
  });
});

describe("classify", () => {
  const words = wordTokenizer("good bad film film", { least: 1 });
  const net = sequential(
    { input: [5], dtype: "int32", lengths: true, seed: 1 },
    embedding(words.size, 4),
    lstm(6, { returns: "last" }),
    dense(2),
  );

  it("names sentences, as predict scores them, whatever is in the padding", async () => {
    net.encoding = { kind: "text", tokenizer: words.toJSON(), length: 5, classes: ["neg", "pos"] };
    const [first, second] = await classify(net, ["good film", "bad film film film film film film"]);
    const scores = await net.predict({
      input: { dtype: "int32", shape: [1, 5], data: Int32Array.of(...words.encode("good film"), 3, 2, 1) },
      lengths: { dtype: "int32", shape: [1], data: Int32Array.of(2) },
    });
    const [neg, pos] = (scores.output?.data ?? []) as unknown as [number, number];
    const expected = 1 / (1 + Math.exp(neg - pos));
    expect(first?.find(({ name }) => name === "pos")?.probability).toBeCloseTo(expected, 5);
    expect(second).toHaveLength(2);
    expect((first?.[0]?.probability ?? 0) >= (first?.[1]?.probability ?? 0)).toBe(true);
    expect(await classify(net, ["good"], { top: 1 })).toHaveLength(1);
    expect(await classify(net, [])).toEqual([]);
  });

  it("refuses other examples and other networks", async () => {
    await expect(classify(net, ["good", { rate: 8000, channels: [] }])).rejects.toThrow("example 1 is a sound");
    await expect(classify(net, ["  "])).rejects.toThrow("example 0: there is nothing in it");
    net.encoding = { kind: "text", tokenizer: words.toJSON(), length: 5 };
    await expect(classify(net, ["good"])).rejects.toThrow(DataError);
  });
});
