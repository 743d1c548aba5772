import type { NodeProto } from "../onnx/generated/onnx_pb.js";
import { blockFilter, turnFilter } from "./blockedConv.js";
import type { BlockedWriter } from "./blockedWriter.js";

/** Filters of more numbers than this are blocked one by one: then a node costs less than its result's way to memory. */
const LARGEST = 2 ** 16;

type Shape = readonly number[];

/** Filters of one shape, blocked together. */
interface Alike {
  readonly names: string[];
  together?: string;
  blocked?: readonly string[];
  turned?: readonly string[];
}

/** Blocked filters. Small ones that have the same shape are worked on together: a deep network has many of them. */
export class BlockedFilters {
  private readonly alike = new Map<string, Alike>();

  /**
   * @param nodes of the whole graph
   * @param given the shape of a filter that is there from the beginning
   */
  constructor(
    private readonly write: BlockedWriter,
    private readonly block: number,
    nodes: readonly NodeProto[],
    given: (name: string) => Shape | undefined,
  ) {
    for (const { opType, input } of nodes) {
      const name = opType === "Conv" ? (input[1] as string) : "";
      const shape = given(name);
      if (shape === undefined || !this.small(shape)) continue;
      const alike = this.alike.get(shape.join()) ?? { names: [] };
      if (!alike.names.includes(name)) alike.names.push(name);
      this.alike.set(shape.join(), alike);
    }
  }

  /** See `blockFilter`. */
  blocked(w: string, shape: Shape): string {
    const [alike, at] = this.placeOf(w, shape);
    if (alike === undefined) return blockFilter(this.write, w, shape, this.block);
    alike.blocked ??= this.write.parts(this.together(alike, shape), alike.names.length);
    return alike.blocked[at] as string;
  }

  /** See `turnFilter`. */
  turned(w: string, shape: Shape): string {
    const { write, block } = this;
    const [alike, at] = this.placeOf(w, shape);
    if (alike === undefined) return turnFilter(write, this.blocked(w, shape), shape, block);
    const count = alike.names.length;
    alike.turned ??= write.parts(turnFilter(write, this.together(alike, shape), shape, block, count), count);
    return alike.turned[at] as string;
  }

  private together(alike: Alike, [outputs = 0, ...rest]: Shape): string {
    const { names } = alike;
    alike.together ??= blockFilter(
      this.write,
      this.write.add("Concat", names, { axis: 0 }),
      [names.length * outputs, ...rest],
      this.block,
    );
    return alike.together;
  }

  private small([outputs = 0, channels = 0, ...kernel]: Shape): boolean {
    const count = kernel.reduce((n, length) => n * length, outputs * channels);
    return outputs % this.block === 0 && channels % this.block === 0 && count <= LARGEST;
  }

  private placeOf(w: string, shape: Shape): [Alike | undefined, number] {
    const alike = this.alike.get(shape.join());
    const at = alike?.names.indexOf(w) ?? -1;
    return alike === undefined || at < 0 || alike.names.length < 2 ? [undefined, 0] : [alike, at];
  }
}
