import type { Node, Window } from "./types.js";

const SAME: Window = { span: 1, jump: 1, start: 0 };
const WHOLE: Window = { span: Number.POSITIVE_INFINITY, jump: 0, start: 0 };

/** The windows of an op that looks, at each position, at that same position alone. */
export const pointwise = ({ outputs }: Pick<Node, "outputs">): readonly Window[] =>
  outputs[0]?.shape.slice(2).map(() => SAME) ?? [];

/** The windows of an op that looks along the whole of `axes`, and else at the same position. */
export const wholeAlong = (node: Pick<Node, "outputs">, axes: readonly number[]): readonly Window[] =>
  pointwise(node).map((window, i) => (axes.includes(i + 2) ? WHOLE : window));
