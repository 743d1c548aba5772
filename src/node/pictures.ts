import type { Tensor } from "../base/tensor.js";
import type { ImageEncoding } from "../data/index.js";
import { pictureGrid } from "../look/index.js";
import type { PictureHost } from "../train/index.js";
import { loadSharp } from "./imagesDecode.js";
import { encodePng } from "./png.js";

/** Pixels that the side of an example has at least in a grid. */
const SIDE = 56;

/** Examples as PNG files. */
export const nodePictures: PictureHost = {
  grid: (examples: Tensor, encoding: ImageEncoding | undefined, columns: number) => {
    const factor = Math.max(1, Math.round(SIDE / (examples.shape[2] as number)));
    return encodePng(pictureGrid(examples, { columns, enlarge: factor, ...(encoding && { encoding }) }));
  },
  overTime: async (grids, rows) => {
    const sharp = await loadSharp();
    const readable = await Promise.all(
      grids.map(async (grid) => {
        const known = await sharp(grid)
          .metadata()
          .catch(() => undefined);
        if (known === undefined) return [];
        const region = { left: 0, top: 0, width: known.width, height: Math.ceil(known.height / rows) };
        return [{ ...region, input: await sharp(grid).extract(region).png().toBuffer() }];
      }),
    );
    const strips = readable.flat();
    const width = Math.max(...strips.map((strip) => strip.width));
    const height = strips.reduce((sum, strip) => sum + strip.height, 0);
    let top = 0;
    const placed = strips.map(({ input, height: own }) => {
      const at = { input, left: 0, top };
      top += own;
      return at;
    });
    const sheet = sharp({ create: { width, height, channels: 3, background: "white" } }).composite(placed);
    return new Uint8Array(await sheet.png().toBuffer());
  },
};
