import { join } from "node:path";
import type { TextEncoding } from "../data/index.js";
import {
  bytePairTokenizer,
  characterTokenizer,
  type LabelledTexts,
  labelledCsv,
  sliceTokens,
  textData,
  tokenWindows,
  wordTokenizer,
} from "../data/index.js";
import { subfolders } from "../node/folders.js";
import { readText, textFile, textFolder, textFolders } from "../node/index.js";
import type { Source, SourceOptions } from "./data.js";
import { literal } from "./literal.js";

const TEST_SHARE = 0.1;
/** Tokens of a window, where the text is long enough. */
const WINDOW = 64;

/** A text file, for a language model: its last tenth is kept for the test. */
export async function bookSource(path: string, options: SourceOptions): Promise<Source> {
  const { tokens = "characters", encoding } = options;
  const asked = { tokenizer: tokens, ...(encoding && { encoding }) };
  const book = await textFile(path, asked);
  const { tokenizer } = book;
  const cut = Math.floor((1 - TEST_SHARE) * book.length);
  const length = options.length ?? Math.max(1, Math.min(WINDOW, book.length - cut - 1));
  const training = tokenWindows(sliceTokens(book, 0, cut), { tokenizer, length });
  const test = tokenWindows(sliceTokens(book, cut), { tokenizer, length });
  const kind = { characters: "characters", words: "words and marks", bpe: "byte-pair tokens" }[tokens];
  return {
    about: `a text of ${book.length} ${kind}, ${tokenizer.size} different ones, in windows of ${length}: the first ${cut} to train on and the last ${book.length - cut} to test`,
    training,
    test,
    encoding: training.encoding as TextEncoding,
    code: [
      `const book = await textFile(${literal(path)}, ${literal(asked)});`,
      `const cut = Math.floor(${1 - TEST_SHARE} * book.length);`,
      `const options = { tokenizer: book.tokenizer, length: ${length} };`,
      "const training = tokenWindows(sliceTokens(book, 0, cut), options);",
      "const test = tokenWindows(sliceTokens(book, cut), options);",
    ],
    imports: { "midst/node": ["textFile"], "midst/data": ["sliceTokens", "tokenWindows"] },
  };
}

/** Texts with classes in a folder: two files of lines, a folder for each class, or `train` and `test` with those. */
export async function textFolderSource(path: string, options: SourceOptions): Promise<Source> {
  const { encoding } = options;
  const charset = encoding && { encoding };
  const given = encoding === undefined ? "" : `, { encoding: ${literal(encoding)} }`;
  const names = await subfolders(path);
  if (names.includes("train")) {
    const { train, test, validation } = await textFolders(path, charset);
    const apart = test ?? validation;
    if (apart !== undefined)
      return labelled({ train, test: apart }, options, {
        code: [
          `const ${test ? "texts" : "{ train, validation: test }"} = await textFolders(${literal(path)}${given});`,
        ],
        texts: test ? "texts" : "{ train, test }",
        imports: { "midst/node": ["textFolders"] },
      });
  }
  const folder = names.includes("train") ? join(path, "train") : path;
  return labelled(await textFolder(folder, charset), options, {
    code: [`const texts = await textFolder(${literal(folder)}${given});`],
    imports: { "midst/node": ["textFolder"] },
  });
}

/** A CSV file with a column of texts and one of classes. */
export async function textTableSource(path: string, text: string, options: SourceOptions): Promise<Source> {
  const { encoding, target } = options;
  const content = await readText(path, encoding && { encoding });
  const columns = { text, ...(target !== undefined && { target }) };
  const texts = labelledCsv(content, { ...columns, name: path });
  const given = encoding === undefined ? "" : `, { encoding: ${literal(encoding)} }`;
  return labelled(texts, options, {
    code: [`const texts = labelledCsv(await readText(${literal(path)}${given}), ${literal(columns)});`],
    imports: { "midst/data": ["labelledCsv"], "midst/node": ["readText"] },
  });
}

const makers = {
  characters: { name: "characterTokenizer", options: { unknown: true }, make: characterTokenizer },
  words: { name: "wordTokenizer", options: { lowercase: true }, make: wordTokenizer },
  bpe: { name: "bytePairTokenizer", options: { size: 4000 }, make: bytePairTokenizer },
} as const;

/** How the texts are got in TypeScript. */
interface TextsCode extends Pick<Source, "code" | "imports"> {
  /** What they are called there; defaults to "texts". */
  readonly texts?: string;
}

function labelled(
  given: LabelledTexts | { readonly train: LabelledTexts; readonly test: LabelledTexts },
  { tokens = "words", length, seed }: SourceOptions,
  { code, texts = "texts", imports }: TextsCode,
): Source {
  const { name, options, make } = makers[tokens];
  const whole = "texts" in given;
  const division = { split: { train: 0.8, test: 0.2 }, seed };
  const encoded = {
    tokenizer: (training: readonly string[]) => make(training, options as object),
    ...(length !== undefined && { length }),
  };
  const { train, test } = whole ? textData(given, { ...encoded, ...division }) : textData(given, encoded);
  const encoding = train.encoding as TextEncoding;
  const { classes = [] } = train;
  const written = ["tokenizer"];
  if (whole) written.push(`split: ${literal(division.split)}`, `seed: ${seed}`);
  if (length !== undefined) written.push(`length: ${length}`);
  return {
    about: `${train.length + test.length} texts of ${classes.length} classes (${classes.join(", ")}): ${train.length} to train on and ${test.length} ${whole ? "set apart " : ""}to test, up to ${encoding.length} ${tokens === "bpe" ? "byte-pair tokens" : tokens} each`,
    training: train,
    test,
    encoding,
    classes,
    code: [
      ...code,
      `const tokenizer = (given) => ${name}(given, ${literal(options)});`,
      `const { train: training, test } = textData(${texts}, { ${written.join(", ")} });`,
    ],
    imports: { ...imports, "midst/data": [...(imports["midst/data"] ?? []), name, "textData"] },
  };
}
