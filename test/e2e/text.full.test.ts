import {
  accuracy,
  adam,
  cosine,
  crossEntropy,
  type Dataset,
  dataset,
  dense,
  dropout,
  embedding,
  evaluate,
  fit,
  generate,
  gru,
  type Layer,
  lstm,
  type Network,
  random,
  relu,
  sequential,
} from "midst";
import {
  characterTokenizer,
  encodeTexts,
  type LabelledTexts,
  labelledLines,
  sliceTokens,
  type TextEncoding,
  textData,
  tokenizerFrom,
  tokenWindows,
  wordTokenizer,
} from "midst/data";
import { textFile, textFolder } from "midst/node";
import { expect, it } from "vitest";
import { has, pathOf, textOf } from "./data.js";

interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

async function learn(net: Network, training: Dataset, { epochs, batchSize, learningRate }: Recipe): Promise<void> {
  const steps = epochs * Math.ceil(training.length / batchSize);
  await fit(net, training, {
    loss: crossEntropy(),
    optimizer: adam({ learningRate: cosine(learningRate, steps, Math.ceil(steps / 50)) }),
    clip: { norm: 1 },
    epochs,
    batchSize,
    progress: false,
    seed: 1,
  });
}

const scoreOf = async (net: Network, test: Dataset): Promise<number> =>
  (await evaluate(net, test, { metrics: [accuracy()] })).accuracy as number;

it.skipIf(!has("text/tinyshakespeare.txt"))(
  "Shakespeare: at most 1.62 nats a character on the last tenth",
  async () => {
    const begin = Date.now();
    const book = await textFile(pathOf("text", "tinyshakespeare.txt"), { tokenizer: "characters" });
    const { tokenizer } = book;
    const cut = Math.floor(0.9 * book.length);
    const net = sequential(
      { input: [64], dtype: "int32", seed: 1 },
      embedding(tokenizer.size, 32),
      lstm(256),
      dense(tokenizer.size),
    );
    const training = tokenWindows(sliceTokens(book, 0, cut), { tokenizer, length: 64 });
    await learn(net, training, { epochs: 8, batchSize: 32, learningRate: 4e-3 });
    const test = tokenWindows(sliceTokens(book, cut), { tokenizer, length: 256 });
    const { loss } = await evaluate(net.at({ input: [256] }), test, { loss: crossEntropy(), batchSize: 16 });
    console.log(`Shakespeare: ${loss} nats a character, ${Math.round((Date.now() - begin) / 1000)} s`);
    expect(loss).toBeLessThanOrEqual(1.62);
    const before = Date.now();
    const text = await generate(net, "ROMEO:\n", { length: 3000, temperature: 0.8, seed: 1 }).text();
    console.log(`${Math.round(3000 / ((Date.now() - before) / 1000))} characters/s\n${text.slice(0, 300)}`);
    expect(text).toHaveLength(3000);
  },
);

/** -ln p of each character given the one before, by counting: what a network must be better than. */
function bigram(training: string, test: string): number {
  const counts = new Map<string, number>();
  const count = (key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let i = 1; i < training.length; i++) {
    count(training.slice(i - 1, i + 1));
    count(training.charAt(i - 1));
  }
  let sum = 0;
  for (let i = 1; i < test.length; i++)
    sum -= Math.log(((counts.get(test.slice(i - 1, i + 1)) ?? 0) + 1) / ((counts.get(test.charAt(i - 1)) ?? 0) + 27));
  return sum / (test.length - 1);
}

it.skipIf(!has("text/names.txt"))("names: better than pairs of letters, and new ones are written", async () => {
  const known = textOf("text", "names.txt").split("\n");
  const order = random(1, "names").permutation(known.length);
  const shuffled = Array.from(order, (i) => known[i]).join("\n");
  const tokenizer = characterTokenizer(shuffled);
  const cut = Math.floor(0.9 * shuffled.length);
  const [first, last] = [shuffled.slice(0, cut), shuffled.slice(cut)];
  const windows = (text: string) => tokenWindows(tokenizer.encode(text), { tokenizer, length: 32 });
  const net = sequential({ input: [32], dtype: "int32", seed: 1 }, embedding(27, 16), gru(128), dense(27));
  await learn(net, windows(first), { epochs: 6, batchSize: 32, learningRate: 4e-3 });
  const { loss } = await evaluate(net, windows(last), { loss: crossEntropy() });
  const pairs = bigram(first, last);
  const written = (await generate(net, "\n", { length: 4000, temperature: 0.8, seed: 1 }).text())
    .split("\n")
    .slice(0, -1);
  const fresh = written.filter((name) => !known.includes(name));
  console.log(`names: ${loss} nats a letter, pairs ${pairs}; new: ${fresh.slice(0, 12).join(", ")}`);
  expect(loss).toBeLessThan(pairs - 0.2);
  expect(fresh.length).toBeGreaterThan(0.3 * written.length);
  // Names have two to eleven letters, among them a vowel.
  const likely = written.filter((name) => /^[a-z]{2,11}$/.test(name) && /[aeiouy]/.test(name));
  expect(likely.length).toBeGreaterThan(0.95 * written.length);
});

/** Embedding, a recurrent layer that reads to the end, scores. */
function reader(encoding: TextEncoding, layers: (features: Layer) => Layer[]): Network {
  const { size } = tokenizerFrom(encoding.tokenizer);
  return sequential(
    { input: [encoding.length], dtype: "int32", lengths: true, seed: 1 },
    ...layers(embedding(size, 64, { initializer: { normal: 0.1 } })),
  );
}

/** The same texts with their words in random order. */
function shuffleWords(texts: LabelledTexts): LabelledTexts {
  const mixed = texts.texts.map((text, n) => {
    const words = text.split(/\s+/);
    return Array.from(random(1, "words", n).permutation(words.length), (i) => words[i]).join(" ");
  });
  return { ...texts, texts: mixed };
}

it.skipIf(!has("sentiment"))("sentences of reviews: at least 74 %, and what is left without their order", async () => {
  const texts = await textFolder(pathOf("sentiment"));
  const split = { train: 0.8, test: 0.2 };
  const lowercase = (given: readonly string[]) => wordTokenizer(given, { lowercase: true });
  const { train, test } = textData(texts, { tokenizer: lowercase, length: 40, split, seed: 1 });
  const encoding = train.encoding as TextEncoding;
  const net = reader(encoding, (words) => [
    words,
    dropout(0.5),
    lstm(64, { bidirectional: true, returns: "last" }),
    dropout(0.5),
    dense(2),
  ]);
  await learn(net, train, { epochs: 6, batchSize: 32, learningRate: 2e-3 });
  // The same seed and labels: the same sentences are kept apart.
  const kept = { tokenizer: () => tokenizerFrom(encoding.tokenizer), length: 40, split, seed: 1 };
  const without = textData(shuffleWords(texts), kept).test;
  expect(without.labels).toEqual(test.labels);
  const [score, shuffled] = [await scoreOf(net, test), await scoreOf(net, without)];
  console.log(`polarity ${score}, with the words shuffled ${shuffled}`);
  expect(score).toBeGreaterThanOrEqual(0.74);
});

/** Who did what to whom, told in two ways; the class is who suffered it. `which` tells the pairs of whom it is told. */
function deeds(which: (pair: number) => boolean): LabelledTexts {
  const who = ["dog", "man", "cat", "boy", "aunt", "fox", "girl", "bear"];
  const pairs = who.flatMap((one, i) => who.slice(i + 1).map((other) => [one, other] as const));
  const did = [
    ["bit", "bitten"],
    ["saw", "seen"],
    ["took", "taken"],
    ["beat", "beaten"],
  ];
  const articles = [
    ["the", "the"],
    ["a", "the"],
    ["the", "a"],
    ["one", "our"],
  ];
  const lines: Record<string, string[]> = Object.fromEntries(who.map((name) => [name, []]));
  for (const [one, other] of pairs.filter((_, i) => which(i)))
    for (const [doer, sufferer] of [
      [one, other],
      [other, one],
    ] as const)
      for (const [active, passive] of did)
        for (const [a, b] of articles)
          lines[sufferer]?.push(
            `${a} ${doer} ${active} ${b} ${sufferer}`,
            `${a} ${sufferer} was ${passive} by ${b} ${doer}`,
          );
  return labelledLines(Object.fromEntries(Object.entries(lines).map(([name, all]) => [name, all.join("\n")])));
}

it("who was bitten: 99 % by order, a coin's throw by the words alone", async () => {
  // Of every fourth pair nothing is told in training: in the test each sentence comes in both orders.
  const [training, test] = [deeds((pair) => pair % 4 !== 3), deeds((pair) => pair % 4 === 3)];
  const { classes } = training;
  const tokenizer = wordTokenizer(training.texts);
  const encoding = { kind: "text", tokenizer: tokenizer.toJSON(), length: 7, classes } as const;
  const train = encodeTexts(training, encoding);
  const kept = encodeTexts(test, encoding);
  const net = reader(encoding, (words) => [words, lstm(64, { returns: "last" }), dense(classes.length)]);
  await learn(net, train, { epochs: 20, batchSize: 32, learningRate: 5e-3 });

  const { size } = tokenizer;
  const bag = async (data: typeof train): Promise<Dataset> => {
    const { inputs } = await data.batch(Array.from({ length: data.length }, (_, i) => i));
    const { input, lengths } = inputs;
    const time = encoding.length;
    const rows = Array.from({ length: data.length }, (_, row) => {
      const counts = new Array<number>(size).fill(0);
      for (let t = 0; t < (lengths?.data[row] as number); t++) {
        const word = input?.data[row * time + t] as number;
        counts[word] = (counts[word] as number) + 1;
      }
      return counts;
    });
    return dataset({ input: rows, target: Int32Array.from(data.labels), classes });
  };
  const words = sequential({ input: [size], seed: 1 }, dense(64), relu(), dense(classes.length));
  await learn(words, await bag(train), { epochs: 20, batchSize: 32, learningRate: 5e-3 });

  const [ordered, bagged] = [await scoreOf(net, kept), await scoreOf(words, await bag(kept))];
  console.log(`who was bitten: ${ordered}; by the words alone ${bagged}`);
  expect(ordered).toBeGreaterThanOrEqual(0.99);
  expect(Math.abs(bagged - 0.5)).toBeLessThan(0.06);
  const asked = encodeTexts(labelledLines({ man: "the dog bit the man", dog: "the man bit the dog" }), encoding);
  expect(await scoreOf(net, asked)).toBe(1);
});
