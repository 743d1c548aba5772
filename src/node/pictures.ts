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
    const known = await Promise.all(
      grids.map(async (grid) => {
        const size = await sharp(grid)
          .metadata()
          .catch(() => undefined);
        return size === undefined ? [] : [{ grid, width: size.width, height: size.height }];
      }),
    );
    const readable = known.flat();
    // Grids drawn before may have more rows, or fewer: all rows are as high as the last one's.
    const row = Math.ceil((readable.at(-1)?.height ?? 0) / rows);
    const strips = await Promise.all(
      readable.map(async ({ grid, width, height }) => {
        const region = { left: 0, top: 0, width, height: Math.min(row, height) };
        return { ...region, input: await sharp(grid).extract(region).png().toBuffer() };
      }),
    );
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
