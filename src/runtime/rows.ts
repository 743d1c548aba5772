import { allocate } from "../base/dtype.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import type { Traced } from "../nn/index.js";
import type { Tensors } from "./engine.js";

/** Rows [start, stop) of a tensor, sharing its memory. */
export function rowsOf(tensor: Tensor, start: number, stop: number): Tensor {
  const [rows = 1, ...rest] = tensor.shape;
  const end = Math.min(stop, rows);
  const length = countOf(rest);
  return { ...tensor, shape: [end - start, ...rest], data: tensor.data.subarray(start * length, end * length) };
}

/** The tensors of several runs joined along the batch axis, by name. */
export function concatRows(parts: readonly Tensors[]): Tensors {
  const [first = {}] = parts;
  return Object.fromEntries(
    Object.entries(first).map(([name, { dtype, shape }]) => {
      const pieces = parts.map((part) => part[name] as Tensor);
      const data = allocate(
        dtype,
        pieces.reduce((n, piece) => n + piece.data.length, 0),
      );
      let offset = 0;
      for (const piece of pieces) {
        data.set(piece.data, offset);
        offset += piece.data.length;
      }
      const rows = pieces.reduce((n, piece) => n + (piece.shape[0] as number), 0);
      return [name, { dtype, shape: [rows, ...shape.slice(1)], data } as Tensor];
    }),
  );
}

/** A network's outputs for no examples: not every op of an engine runs on nothing. */
export const noRows = ({ outputs }: Traced): Record<string, Tensor<"float32">> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, dtype }]) => [name, zeros(resolveShape(shape, { batch: 0 }), dtype)]),
  ) as Record<string, Tensor<"float32">>;
