import { at, build, countOf, eachIndex, flatIndex, type NdArray, zeros } from "./array.js";

/** `[..., V, ...], [I...] -> [..., I..., ...]` */
export function gather(x: NdArray, indices: NdArray, axis = 0): NdArray {
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return build(shape, (index) => {
    const which = at(indices, index.slice(axis, axis + rank));
    return at(x, [...index.slice(0, axis), which, ...index.slice(axis + rank)]);
  });
}

/** `[I..., rest], [I...] -> [size, rest]` */
export function scatterAdd(updates: NdArray, indices: NdArray, size: number): NdArray {
  const rest = updates.shape.slice(indices.shape.length);
  const out = zeros([size, ...rest]);
  const row = countOf(rest);
  eachIndex(updates.shape, (index, flat) => {
    const target = indices.data[flatIndex(indices.shape, index)] as number;
    const to = target * row + (flat % row);
    out.data[to] = (out.data[to] as number) + (updates.data[flat] as number);
  });
  return out;
}

export const oneHot = (indices: NdArray, classes: number): NdArray =>
  build([...indices.shape, classes], (index) => (at(indices, index) === index.at(-1) ? 1 : 0));
