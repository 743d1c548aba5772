import { countOf } from "../base/shape.js";
import type { Value } from "../graph/index.js";
import { cellSpans, type Span } from "../nn/index.js";

/** Per spatial axis of the output: what each position along it sees of the layer; undefined where nothing. */
type Sights = readonly (readonly (Span | undefined)[])[];

/**
 * Which cells of an output can change when a layer changes at some places: the places' projective field.
 * @returns for a layer's changed places (one flag a place, row by row), one flag a place of the output
 */
export function projectiveField(layer: Value, output: Value): (changed: Uint8Array) => Uint8Array {
  const [from, to] = [layer.shape.slice(2) as number[], output.shape.slice(2) as number[]];
  const places = countOf(to);
  if (from.length !== to.length || from.length < 1 || from.length > 2)
    return (changed) => new Uint8Array(places).fill(changed.includes(1) ? 1 : 0);
  const sights = sightsOf(layer, output, to);
  const [height, width] = from.length === 2 ? (from as [number, number]) : [1, from[0] as number];
  const across = to.at(-1) as number;
  const rowsSeen: Sights[number] = from.length === 2 ? (sights[0] as Sights[number]) : [[0, 0]];
  const columnsSeen = sights.at(-1) as Sights[number];
  return (changed) => {
    const sums = summed(changed, height, width);
    return Uint8Array.from({ length: places }, (_, i) => {
      const [rows, columns] = [rowsSeen[Math.floor(i / across)], columnsSeen[i % across]];
      if (rows === undefined || columns === undefined) return 0;
      const [[top, bottom], [left, right]] = [rows, columns];
      const at = (row: number, column: number) => sums[row * (width + 1) + column] as number;
      return at(bottom + 1, right + 1) - at(top, right + 1) - at(bottom + 1, left) + at(top, left) > 0 ? 1 : 0;
    });
  };
}

function sightsOf(layer: Value, output: Value, to: readonly number[]): Sights {
  return to.map((length, axis) =>
    Array.from({ length }, (_, i) => {
      const cell = to.map((_, other) => (other === axis ? i : 0));
      return cellSpans(output, layer, cell)[axis];
    }),
  );
}

/** How many flags are set above and left of each corner between places, [height + 1, width + 1]. */
function summed(flags: Uint8Array, height: number, width: number): Uint32Array {
  const side = width + 1;
  const sums = new Uint32Array((height + 1) * side);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      sums[(y + 1) * side + x + 1] =
        (flags[y * width + x] as number) +
        (sums[y * side + x + 1] as number) +
        (sums[(y + 1) * side + x] as number) -
        (sums[y * side + x] as number);
  return sums;
}
