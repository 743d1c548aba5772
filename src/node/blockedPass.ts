import { type Dim, isStatic, parseDim, sameShape, sizeOf } from "../base/shape.js";
import type { ValueType } from "../graph/index.js";
import type { GraphProto, NodeProto, TensorProto } from "../onnx/generated/onnx_pb.js";
import type { OnnxModel } from "../onnx/index.js";
import { type BlockedPictures, writeFilterGradient, writeStridedBack } from "./blockedConv.js";
import { BlockedFilters } from "./blockedFilters.js";
import { type Picture, pictureOf } from "./blockedPicture.js";
import { writeRouteToLargest } from "./blockedPool.js";
import { channelSums, productSums } from "./blockedStatistics.js";
import { type BlockedSum, joined, sumOf, writeSum } from "./blockedSum.js";
import { BlockedWriter, floatOf, intOf, intsOf, NCHWC } from "./blockedWriter.js";

/** ONNX ops whose result at a place depends on their inputs at that place alone. */
const elementwise = new Set(
  "Abs Add Clip Div Erf Exp HardSigmoid LeakyRelu Max Min Mul Neg Relu Sigmoid Softplus Sqrt Sub Tanh".split(" "),
);

/**
 * Rewrites a graph node by node. A picture is kept in the blocked layout, in its own, or both: it is reordered when
 * first asked for in the other one.
 */
export class BlockedPass {
  readonly write = new BlockedWriter();
  /** Whether the result works only for the lengths given. */
  needsLengths = false;
  private readonly uses = new Map<string, number>();
  private readonly producers = new Map<string, NodeProto>();
  /** The last node that uses a value. */
  private readonly users = new Map<string, NodeProto>();
  private readonly constants: ReadonlyMap<string, TensorProto>;
  /** Values that exist in their own layout. */
  private readonly plain: Set<string>;
  private readonly blocked = new Map<string, string>();
  private readonly pending = new Map<string, BlockedSum>();
  private readonly filters: BlockedFilters;
  /** Products of blocked pictures of which only the sums are wanted. */
  private readonly products = new Map<string, readonly [string, string]>();

  /** @param lengths of symbols */
  constructor(
    private readonly graph: GraphProto,
    private readonly model: OnnxModel,
    private readonly block: number,
    private readonly lengths: Readonly<Record<string, number>>,
  ) {
    this.constants = new Map(graph.initializer.map((constant) => [constant.name, constant]));
    this.plain = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
    const use = (name: string) => this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
    for (const node of graph.node) {
      for (const name of node.input) {
        use(name);
        this.users.set(name, node);
      }
      for (const name of node.output) this.producers.set(name, node);
    }
    for (const { name } of graph.output) use(name);
    const given = new Set(graph.input.map(({ name }) => name));
    const shapeOf = (name: string) => (given.has(name) ? this.filterShape(name) : undefined);
    this.filters = new BlockedFilters(this.write, block, graph.node, shapeOf);
  }

  /** The new nodes; undefined where nothing is to be gained. */
  run(): NodeProto[] | undefined {
    for (const node of this.graph.node) {
      this.write.place = node.name;
      if (!this.rewrite(node)) this.keep(node);
    }
    for (const { name } of this.graph.output) this.inOwnLayout(name);
    return this.write.nodes.some(({ domain }) => domain === NCHWC) ? this.needed() : undefined;
  }

  /** Without nodes whose results nobody uses any more. */
  private needed(): NodeProto[] {
    const wanted = new Set(this.graph.output.map(({ name }) => name));
    const kept = this.write.nodes.reverse().filter(({ input, output }) => {
      const used = output.some((name) => wanted.has(name));
      if (used) for (const name of input) wanted.add(name);
      return used;
    });
    return kept.reverse();
  }

  private keep(node: NodeProto): void {
    for (const name of node.input) this.inOwnLayout(name);
    for (const name of node.output) this.plain.add(name);
    const shape = node.opType === "Reshape" ? this.wholeNumbers(node.input[1] as string) : undefined;
    if (shape === undefined || shape.includes(0)) this.write.nodes.push(node);
    else this.write.reshape(node.input[0] as string, shape, node.output[0]);
  }

  private rewrite(node: NodeProto): boolean {
    if (node.domain !== "") return false;
    return (
      this.convolution(node) ||
      (node.opType === "ConvTranspose" && this.stridedBack(node)) ||
      this.filterGradient(node) ||
      (node.opType === "MaxPool" && this.maxPool(node)) ||
      this.routeToLargest(node) ||
      (elementwise.has(node.opType) && this.elementwise(node)) ||
      (node.opType === "ReduceSum" && this.sumPerChannel(node)) ||
      (node.opType === "BatchNormalization" && this.batchNorm(node)) ||
      this.inAnyLayout(node)
    );
  }

  // Values

  private typeOf(name: string): ValueType | undefined {
    return this.model.values.get(name)?.value;
  }

  private picture(name: string): Picture | undefined {
    return pictureOf(this.typeOf(name), this.block);
  }

  private isBlocked(name: string): boolean {
    return this.blocked.has(name) || this.pending.has(name);
  }

  private inOwnLayout(name: string): string {
    if (this.plain.has(name) || !this.isBlocked(name)) return name;
    const { channels } = this.picture(name) as Picture;
    this.write.add("ReorderOutput", [this.inBlocks(name)], { channels }, { domain: NCHWC, output: name });
    this.plain.add(name);
    return name;
  }

  private inBlocks(name: string): string {
    const known = this.blocked.get(name);
    if (known !== undefined) return known;
    const sum = this.pending.get(name);
    const made =
      sum === undefined ? this.write.add("ReorderInput", [name], {}, { domain: NCHWC }) : writeSum(this.write, sum);
    this.pending.delete(name);
    this.blocked.set(name, made);
    return made;
  }

  /** A value as a sum that may be added to: its own where nothing else needs it. */
  private asSum(name: string, { channels }: Picture): BlockedSum {
    const sum = this.pending.get(name);
    if (sum === undefined || this.uses.get(name) !== 1) return sumOf(channels, { terms: [{ x: this.inBlocks(name) }] });
    this.pending.delete(name);
    return sum;
  }

  // Nodes

  private convolution(node: NodeProto): boolean {
    const [x, w, bias] = node.input as [string, string, string | undefined];
    const result = node.output[0] as string;
    const shape = node.opType === "Conv" ? this.filterShape(w) : undefined;
    if (shape?.length !== 4 || (intOf(node, "group") ?? 1) !== 1 || this.picture(result) === undefined) return false;
    const [outputs, channels] = shape as [number, number];
    const b = this.block;
    if (outputs % b !== 0 || (channels % b !== 0 && channels > b)) return false;
    const input = channels < b ? this.inOwnLayout(x) : this.inBlocks(x);
    const filter = this.turned(result) ?? this.filters.blocked(this.inOwnLayout(w), shape);
    const convolution = (sum: string | undefined, relu: boolean) => {
      const inputs = [input, filter, bias ?? "", sum ?? ""];
      while (inputs.at(-1) === "") inputs.pop();
      const activation = relu ? { activation: "Relu" } : {};
      return this.write.add("Conv", inputs, activation, { domain: NCHWC, protos: node.attribute });
    };
    this.pending.set(result, sumOf(outputs, { convolution }));
    return true;
  }

  private stridedBack(node: NodeProto): boolean {
    const [x, w] = node.input as [string, string];
    const result = node.output[0] as string;
    const [from, to, shape] = [this.picture(x), this.picture(result), this.filterShape(w)];
    const [strides, pads, dilations] = ["strides", "pads", "dilations"].map((name) => intsOf(node, name));
    const plain = (intOf(node, "group") ?? 1) === 1 && !dilations?.some((d) => d > 1) && node.input.length === 2;
    if (!plain || from === undefined || to === undefined || shape === undefined || !strides || !pads) return false;
    const size = [to.height, to.width];
    const filter = () => this.filters.blocked(this.inOwnLayout(w), shape);
    const dy = { ...from, name: this.inBlocks(x) };
    const made = writeStridedBack(this.write, dy, filter, shape, { strides, pads }, size, this.block);
    if (made !== undefined) this.blocked.set(result, made);
    return made !== undefined;
  }

  /** The filter of the way back through a convolution, made from that of the way forth. */
  private turned(result: string): string | undefined {
    const made = this.model.values.get(result);
    const [, w] = made?.inputs ?? [];
    if (made?.value.node.op.flipsKernel !== true || w === undefined) return undefined;
    const shape = this.filterShape(w);
    if (shape === undefined || shape.slice(0, 2).some((n) => n % this.block !== 0)) return undefined;
    return this.filters.turned(this.inOwnLayout(w), shape);
  }

  /** The shape of a value, or of what a Reshape to a constant shape makes. */
  private filterShape(name: string): readonly number[] | undefined {
    const shape = this.typeOf(name)?.shape;
    if (shape !== undefined) return isStatic(shape) ? shape : undefined;
    const producer = this.producers.get(name);
    return producer?.opType === "Reshape" ? this.wholeNumbers(producer.input[1] as string) : undefined;
  }

  private wholeNumbers(name: string): number[] | undefined {
    const bytes = this.constants.get(name)?.rawData;
    return bytes && Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  }

  private filterGradient(node: NodeProto): boolean {
    const [result] = node.output as [string];
    const made = this.model.values.get(result);
    const window = made?.value.node.op.filterWindow?.(made.value.node);
    const [xName, dyName] = (made?.inputs ?? []) as [string, string];
    if (window === undefined) return false;
    const [x, dy] = [this.picture(xName), this.picture(dyName)];
    const count = x && this.lengthOf(x.batch);
    if (x === undefined || dy === undefined || count === undefined || count % this.block !== 0) return false;
    const from = (name: string, picture: Picture): BlockedPictures => ({ ...picture, name: this.inBlocks(name) });
    const finish = writeFilterGradient(this.write, from(xName, x), from(dyName, dy), window, count, this.block);
    if (finish === undefined) return false;
    finish(result);
    this.plain.add(result);
    this.needsLengths = true;
    return true;
  }

  private lengthOf(dim: Dim): number | undefined {
    const { factor, symbol } = parseDim(dim);
    const length = symbol === "" ? 1 : this.lengths[symbol];
    return length && factor * length;
  }

  private maxPool(node: NodeProto): boolean {
    const [x] = node.input as [string];
    const [result, ...places] = node.output as [string];
    if (!this.isBlocked(x) || places.length > 0 || this.picture(result) === undefined) return false;
    const extras = { domain: NCHWC, protos: node.attribute };
    this.blocked.set(result, this.write.add("MaxPool", [this.inBlocks(x)], {}, extras));
    return true;
  }

  private routeToLargest(node: NodeProto): boolean {
    const [result] = node.output as [string];
    const made = this.model.values.get(result);
    const kernel = made?.value.node.op.largestOf?.(made.value.node);
    const [x, y, dy] = (made?.inputs ?? []) as [string, string, string];
    if (kernel === undefined || !this.isBlocked(x)) return false;
    const [large, small] = [this.picture(x), this.picture(y)];
    const covered = small && large && [small.height * (kernel[0] ?? 0), small.width * (kernel[1] ?? 0)];
    if (large === undefined || covered?.join() !== [large.height, large.width].join()) return false;
    const names = { x: this.inBlocks(x), y: this.inBlocks(y), dy: this.inBlocks(dy) };
    this.blocked.set(result, writeRouteToLargest(this.write, names, large.channels, kernel));
    return true;
  }

  private elementwise(node: NodeProto): boolean {
    const result = node.output[0] as string;
    const picture = this.picture(result);
    if (picture === undefined || !node.input.some((name) => this.isBlocked(name))) return false;
    const kinds = node.input.map((name) => this.kindOf(name, picture));
    if (kinds.includes("other")) return false;
    if (kinds.includes("vector")) return this.withVector(node, picture, kinds);
    const [first, second] = node.input as [string, string];
    if (node.opType === "Add" && kinds.every((kind) => kind === "picture")) {
      const [a, b] = [this.asSum(first, picture), this.asSum(second, picture)];
      const both = a.convolution !== undefined && b.convolution !== undefined;
      const done = both ? sumOf(a.channels, { terms: [{ x: writeSum(this.write, a) }] }) : a;
      this.pending.set(result, joined(done, b));
      return true;
    }
    if (node.opType === "Mul" && !kinds.includes("scalar") && this.onlySummed(result, picture)) {
      this.products.set(result, [this.inBlocks(first), this.inBlocks(second)]);
      return true;
    }
    if (node.opType === "Relu") this.blocked.set(result, writeSum(this.write, this.asSum(first, picture), true));
    else {
      const inputs = node.input.map((name, i) => (kinds[i] === "picture" ? this.inBlocks(name) : name));
      this.blocked.set(result, this.write.add(node.opType, inputs, {}, { protos: node.attribute }));
    }
    return true;
  }

  /** Whether nothing is wanted of a value but its sums per channel, over as many pictures as is known. */
  private onlySummed(name: string, { batch }: Picture): boolean {
    const user = this.users.get(name);
    return (
      this.uses.get(name) === 1 && this.lengthOf(batch) !== undefined && user !== undefined && this.sumsChannels(user)
    );
  }

  private sumsChannels({ opType, input }: NodeProto): boolean {
    return opType === "ReduceSum" && this.wholeNumbers(input[1] as string)?.join() === "0,2,3";
  }

  /** What moves no numbers: the size of a picture, and a reshape to the shape there is, which makes something wait. */
  private inAnyLayout(node: NodeProto): boolean {
    const [x, shape] = node.input as [string, string];
    const [result] = node.output as [string];
    const picture = this.isBlocked(x) ? this.picture(x) : undefined;
    if (picture === undefined) return false;
    if (node.opType === "Size") {
      this.write.add("Size", [this.inBlocks(x)], {}, { output: result });
      this.plain.add(result);
      return true;
    }
    if (node.opType !== "Reshape" || !sameShape(this.typeOf(result)?.shape ?? [], picture.type.shape)) return false;
    this.blocked.set(result, this.write.add("Reshape", [this.inBlocks(x), shape]));
    return true;
  }

  private kindOf(name: string, { type, channels }: Picture): "picture" | "vector" | "scalar" | "other" {
    const constant = this.constants.get(name);
    const shape = this.typeOf(name)?.shape ?? constant?.dims.map(Number);
    if (name === "" || (shape !== undefined && sizeOf(shape) === 1)) return "scalar";
    if (shape === undefined) return "other";
    if (sameShape(shape, type.shape)) return "picture";
    return sameShape(shape, [1, channels, 1, 1]) ? "vector" : "other";
  }

  /** Pictures times, plus or minus a number per channel. */
  private withVector(node: NodeProto, picture: Picture, kinds: readonly string[]): boolean {
    const at = kinds.indexOf("picture");
    const [x, vector] = [node.input[at] as string, node.input[1 - at] as string];
    const { channels } = picture;
    if (kinds.length !== 2 || kinds[1 - at] !== "vector" || (node.opType === "Sub" && at === 1)) return false;
    if (node.opType === "Mul")
      this.pending.set(node.output[0] as string, sumOf(channels, { terms: [{ x: this.inBlocks(x), by: vector }] }));
    else if (node.opType === "Add" || node.opType === "Sub") {
      const own = this.beforeReshape(vector, channels);
      const offset = node.opType === "Add" ? own : this.write.add("Neg", [own]);
      this.pending.set(
        node.output[0] as string,
        joined(this.asSum(x, picture), sumOf(channels, { offsets: [offset] })),
      );
    } else return false;
    return true;
  }

  /** The vector `[channels]` that one of shape `[1, channels, 1, 1]` was made from, or is made into. */
  private beforeReshape(vector: string, channels: number): string {
    const producer = this.producers.get(vector);
    const [before] = producer?.opType === "Reshape" ? producer.input : [];
    if (before !== undefined && sameShape(this.typeOf(before)?.shape ?? [], [channels])) return before;
    return this.write.reshape(vector, [channels]);
  }

  private sumPerChannel(node: NodeProto): boolean {
    const [x] = node.input as [string];
    const picture = this.picture(x);
    const product = this.products.get(x);
    if (picture === undefined || !(this.isBlocked(x) || product) || !this.sumsChannels(node)) return false;
    const output = node.output[0] as string;
    const own = intOf(node, "keepdims") === 0 ? output : undefined;
    const sums =
      product === undefined
        ? channelSums(this.write, "ReduceSum", this.inBlocks(x), picture, 1, this.block, own)
        : this.productSums(...product, picture, 1, own);
    if (own === undefined) this.write.reshape(sums, [1, picture.channels, 1, 1], output);
    this.plain.add(output);
    return true;
  }

  private productSums(x: string, z: string, picture: Picture, factor: number, output?: string): string {
    this.needsLengths = true;
    const count = this.lengthOf(picture.batch) as number;
    return productSums(this.write, x, z, picture, count, factor, this.block, output);
  }

  /** With the batch's own statistics. Pictures are centred before they are squared, for the sake of the last digits. */
  private batchNorm(node: NodeProto): boolean {
    const [x, scale, bias] = node.input as [string, string, string];
    const picture = this.picture(x);
    if (picture === undefined || !this.isBlocked(x) || intOf(node, "training_mode") !== 1) return false;
    const { write } = this;
    const { channels, height, width } = picture;
    const share = 1 / (height * width);
    const pictures = this.inBlocks(x);
    const ones = write.constant(new Array<number>(channels).fill(1), "float32");
    const [result, mean, variance] = node.output as [string, string, string];
    channelSums(write, "ReduceMean", pictures, picture, share, this.block, mean);
    const minus = sumOf(channels, { terms: [{ x: pictures, by: ones }], offsets: [write.add("Neg", [mean])] });
    const centred = writeSum(write, minus);
    this.variances(centred, picture, variance);
    for (const name of [mean, variance]) this.plain.add(name);
    const epsilon = write.constant([floatOf(node, "epsilon") ?? 1e-5], "float32", []);
    const deviation = write.add("Pow", [write.add("Add", [variance, epsilon]), write.constant([-0.5], "float32", [])]);
    const by = write.add("Mul", [this.inOwnLayout(scale), deviation]);
    this.pending.set(result, sumOf(channels, { terms: [{ x: centred, by }], offsets: [this.inOwnLayout(bias)] }));
    return true;
  }

  /** The mean of the square. */
  private variances(centred: string, picture: Picture, output: string): void {
    const { write, block } = this;
    const count = this.lengthOf(picture.batch);
    const share = 1 / (picture.height * picture.width);
    if (count !== undefined) this.productSums(centred, centred, picture, share / count, output);
    else channelSums(write, "ReduceMean", write.add("Mul", [centred, centred]), picture, share, block, output);
  }
}
