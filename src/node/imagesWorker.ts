import { countOf } from "../base/shape.js";
import { encodedArray, encodeImage } from "../data/images.js";
import { readPixels } from "./images.js";
import type { PicturesAnswer, PicturesJob } from "./imagesThread.js";
import { answer } from "./threads.js";

// Runs in a thread of its own: reads, decodes and encodes batches of pictures.
answer<PicturesJob, PicturesAnswer | undefined>(async ({ sources, encoding, keep }) => {
  const { shape, fit = "cover" } = encoding;
  const size = countOf(shape);
  const data = encodedArray(encoding, sources.length * size);
  const prepare = async (source: string | Uint8Array, i: number) => {
    const pixels = typeof source === "string" ? await readPixels(source, shape, fit) : source;
    encodeImage(encoding, pixels, data.subarray(i * size, (i + 1) * size));
    return keep && pixels !== source ? pixels : undefined;
  };
  // Who asked reads the pictures again, and says what is wrong.
  const pixels = await Promise.all(sources.map(prepare)).catch(() => undefined);
  if (pixels === undefined) return { answer: undefined, given: [] };
  return { answer: { data, pixels }, given: [data.buffer as ArrayBuffer] };
});
