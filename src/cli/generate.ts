import { DataError, OptionError } from "../base/errors.js";
import { load } from "../node/index.js";
import { isLanguage } from "./data.js";
import { type DrawOptions, drawPictures } from "./generatePictures.js";
import { type WriteOptions, writeText } from "./generateText.js";
import { wordFor } from "./output.js";

/** Options that are for text or for pictures alone; all others are for both. */
const kinds = {
  text: ["prompt", "length", "temperature", "topK", "topP", "stop"],
  pictures: ["count", "grid", "out", "class", "walk"],
} as const satisfies { text: readonly (keyof WriteOptions)[]; pictures: readonly (keyof DrawOptions)[] };

/** midst generate NET: text of a language model, pictures of a game's generator. */
export async function generate(file: string, options: WriteOptions & DrawOptions): Promise<void> {
  const net = await load(file);
  const { encoding } = net;
  if (encoding?.kind !== "latent" && !(encoding && isLanguage(encoding)))
    throw new DataError(
      "the network is no language model and no generator of pictures. Train one with midst train book.txt, or midst train PICTURES --gan.",
      { place: file, actual: encoding?.kind },
    );
  const [mine, theirs] = encoding.kind === "latent" ? (["pictures", "text"] as const) : (["text", "pictures"] as const);
  const idle = kinds[theirs].find((name) => options[name] !== undefined);
  if (idle !== undefined)
    throw new OptionError(`is for ${theirs}, this network makes ${mine}. Leave it out.`, { place: wordFor(idle) });
  if (encoding.kind === "latent") await drawPictures(net, file, encoding, options);
  else await writeText(net, options);
}
