import { type Node, nodesOf, type Value, type Window } from "../graph/index.js";

/** What the cells of a value see of an input along one spatial axis, borders aside. */
export interface AxisField {
  /** How many input positions a cell sees, from the first to the last. */
  readonly size: number;
  /** How far apart in the input the fields of neighbouring cells are; below 1 in a value larger than the input. */
  readonly jump: number;
  /** The first input position that cell 0 sees; negative positions are padding. */
  readonly start: number;
}

/** Per spatial axis of the input; "whole" where a cell may see the whole axis, "none" where it sees nothing of it. */
export type ReceptiveField = readonly (AxisField | "whole" | "none")[];

/** First and last input position, both included. */
export type Span = readonly [first: number, last: number];

/**
 * The receptive field of a value's cells in an input, by the windows of the ops between them, united over all paths
 * (Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks"). Padding counts as input.
 */
export function receptiveField(value: Value, input: Value): ReceptiveField {
  const paths = pathsBetween(value, input);
  return input.shape.slice(2).map((_, axis) => {
    const phases = phasesOf(paths, axis);
    const spans = Array.from({ length: 2 * phases }, (_, cell) => spanOf(paths, axis, cell, false));
    const cell = spans.findIndex((span) => span !== undefined);
    const [first, next] = [spans[cell], spans[cell + phases]];
    if (first === undefined || next === undefined) return "none";
    if (spans.some((span) => span?.[1] === Infinity)) return "whole";
    const jump = (next[0] - first[0]) / phases;
    const sizes = spans.map((span) => (span === undefined ? 0 : span[1] - span[0] + 1));
    return { size: Math.max(...sizes), jump, start: first[0] - cell * jump };
  });
}

/**
 * What one cell sees of an input, per spatial axis of the input, within its borders; undefined where it sees nothing.
 * @param cell the cell's position along each spatial axis of `value`; those of a value without such axes count as 0
 */
export function cellField(value: Value, input: Value, cell: readonly number[]): readonly Span[] | undefined {
  const spans = cellSpans(value, input, cell);
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

/** As `cellField`, axis by axis: undefined for an axis along which the cell's position sees nothing, wherever it is on others. */
export function cellSpans(value: Value, input: Value, cell: readonly number[]): readonly (Span | undefined)[] {
  const paths = pathsBetween(value, input);
  return input.shape.slice(2).map((_, axis) => spanOf(paths, axis, cell[axis] ?? 0, true));
}

interface Paths {
  readonly value: Value;
  readonly input: Value;
  /** The nodes between them, users before what they use. */
  readonly nodes: readonly Node[];
  readonly between: ReadonlySet<Node>;
}

function pathsBetween(value: Value, input: Value): Paths {
  const between = new Set([input.node]);
  const nodes: Node[] = [];
  for (const node of nodesOf([value])) {
    if (!node.inputs.some((x) => between.has(x.node))) continue;
    between.add(node);
    nodes.push(node);
  }
  return { value, input, nodes: nodes.reverse(), between };
}

/** After how many cells the pattern of fields repeats: more than one below an enlargement. */
function phasesOf({ nodes }: Paths, axis: number): number {
  const enlargements = nodes.map((node) => {
    const jump = Math.abs(node.op.window?.(node)[axis]?.jump ?? 1);
    return jump > 0 && jump < 1 ? Math.round(1 / jump) : 1;
  });
  return Math.min(
    MOST_PHASES,
    enlargements.reduce((product, n) => product * n, 1),
  );
}

const MOST_PHASES = 1024;

/** The input positions that a cell sees along an axis, going back from it node by node. */
function spanOf({ value, input, nodes, between }: Paths, axis: number, cell: number, clip: boolean): Span | undefined {
  const spans = new Map<Value, Span>([[value, rankless(value, axis) ? [0, Infinity] : [cell, cell]]]);
  for (const node of nodes) {
    const seen = node.outputs.map((output) => spans.get(output)).reduce(unite);
    if (seen === undefined) continue;
    for (const x of node.inputs) {
      if (!between.has(x.node)) continue;
      const reached = back(seen, node, x, axis);
      const kept = clip && reached !== undefined ? clipped(reached, x.shape[axis + 2]) : reached;
      const all = unite(spans.get(x), kept);
      if (all !== undefined) spans.set(x, all);
    }
  }
  return spans.get(input);
}

const rankless = (value: Value, axis: number): boolean => value.shape.length <= axis + 2;

/** From the positions of a node's output to those of one of its inputs. */
function back(seen: Span, node: Node, x: Value, axis: number): Span | undefined {
  const output = node.outputs[0] as Value;
  const window = output.shape.length === x.shape.length ? node.op.window?.(node)[axis] : undefined;
  if (window === undefined || window.span === Infinity || seen[1] === Infinity) return [0, Infinity];
  const broadcast = x.shape[axis + 2] === 1 && output.shape[axis + 2] !== 1 && isSame(window);
  if (broadcast) return [0, 0];
  const [a, b] = [seen[0] * window.jump + window.start, seen[1] * window.jump + window.start];
  // Plus 0, so that position 0 is not -0.
  const first = Math.ceil(Math.min(a, b) - ROUNDING) + 0;
  const last = Math.floor(Math.max(a, b) + window.span - 1 + ROUNDING);
  return first <= last ? [first, last] : undefined;
}

/** Jumps such as 1/3 are not exact. */
const ROUNDING = 1e-6;

const isSame = ({ span, jump, start }: Window): boolean => span === 1 && jump === 1 && start === 0;

function clipped([first, last]: Span, length: number | string | undefined): Span | undefined {
  if (typeof length !== "number") return [first, last];
  const span: Span = [Math.max(0, first), Math.min(length - 1, last)];
  return span[0] <= span[1] ? span : undefined;
}

const unite = (a: Span | undefined, b: Span | undefined): Span | undefined =>
  a === undefined || b === undefined ? (a ?? b) : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
