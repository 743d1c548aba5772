import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import {
  batchNorm,
  block,
  conv2d,
  dense,
  globalAvgPool,
  type Initializer,
  type Layer,
  relu,
  residual,
  subsample,
} from "../nn/index.js";
import { type Network, type NetworkOptions, sequential } from "../runtime/index.js";

/** A deep network for small pictures. */
export interface DeepOptions extends NetworkOptions {
  /** Layers with weights: 6 n + 2, e.g. 20, 56, 110 or 200. */
  readonly depth: number;
  /** Of pictures: the network gives a score for each. */
  readonly classes: number;
  /** A picture's [channels, height, width]; defaults to [3, 32, 32]. */
  readonly input?: readonly [channels: number, height: number, width: number];
  /** Batch normalisation behind every convolution; without it convolutions have biases. Defaults to true. */
  readonly norm?: boolean;
  /** Of the convolutions; defaults to "he". */
  readonly initializer?: Initializer;
  /** Keeps only what enters each block while training: less memory, more time (see `checkpointed`). Defaults to false. */
  readonly checkpointed?: boolean;
}

export interface ResnetOptions extends DeepOptions {
  /**
   * The way around the two blocks that halve the picture and double the channels. "pad": every second position, and
   * channels of zeros (the paper's option A, no weights). "convolution": a 1 x 1 convolution with batch normalisation
   * (option B). Defaults to "pad".
   */
  readonly shortcut?: "pad" | "convolution";
}

const deepOptions = ["depth", "classes", "input", "norm", "initializer", "checkpointed", "seed", "engine"];

/**
 * A residual network for 32 x 32 pictures (He et al. 2016, "Deep Residual Learning for Image Recognition", section 4.2):
 * a 3 x 3 convolution, three stages of n blocks with 16, 32 and 64 filters, global average pooling and a dense layer,
 * which makes 6 n + 2 layers. A block is two 3 x 3 convolutions with batch normalisation, the first followed by a ReLU;
 * its input is added to the result, and a ReLU follows. The first block of stages two and three has stride 2.
 *
 * Scores `[batch, classes]`, before the softmax, under the name "output": train it with `crossEntropy()`. Blocks are
 * called `stage1_block1`, layers in them `stage1_block1/conv1`.
 * @throws OptionError for a depth that is not 6 n + 2
 */
export function resnet(options: ResnetOptions): Network {
  checkOptions("resnet", options, [...deepOptions, "shortcut"]);
  const { shortcut = "pad" } = options;
  if (shortcut !== "pad" && shortcut !== "convolution")
    throw new OptionError(`shortcut must be "pad" or "convolution", got ${JSON.stringify(shortcut)}.`, {
      place: "resnet",
      actual: shortcut,
    });
  return deep("resnet", options, ({ name, filters, stride, changes, layers }) => {
    const around = () =>
      shortcut === "pad"
        ? [subsample(stride, { channels: filters, name: "shortcut" })]
        : convolution(options, { names: ["shortcut", "shortcut_norm"], filters, kernel: 1, stride });
    const after = layers.slice(-1);
    return residual(...layers.slice(0, -1), { ...named(name, options), after, ...(changes && { shortcut: around() }) });
  });
}

/** As `resnet`, without the ways around: what depth alone does. */
export function plain(options: DeepOptions): Network {
  checkOptions("plain", options, deepOptions);
  return deep("plain", options, ({ name, layers }) => block(...layers, named(name, options)));
}

const named = (name: string, { checkpointed = false }: DeepOptions) => ({
  name,
  ...(checkpointed && { checkpointed }),
});

/** Two convolutions, each with what follows it. */
interface Block {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  /** Whether its output has another shape than its input. */
  readonly changes: boolean;
  /** In order, the ReLU at its end included. */
  readonly layers: readonly Layer[];
}

const FILTERS = [16, 32, 64];

function deep(place: string, options: DeepOptions, makeBlock: (block: Block) => Layer): Network {
  const { classes, input = [3, 32, 32], seed, engine } = options;
  checkNumber(place, "classes", classes, { low: 2, integer: true });
  const count = blocksPerStage(place, options.depth);
  const blocks = FILTERS.flatMap((filters, stage) =>
    Array.from({ length: count }, (_, i) => {
      const first = i === 0 && stage > 0;
      const stride = first ? 2 : 1;
      const layers = [
        ...convolution(options, { names: ["conv1", "norm1"], filters, kernel: 3, stride }),
        relu({ name: "relu1" }),
        ...convolution(options, { names: ["conv2", "norm2"], filters, kernel: 3, stride: 1 }),
        relu({ name: "relu2" }),
      ];
      return makeBlock({ name: `stage${stage + 1}_block${i + 1}`, filters, stride, changes: first, layers });
    }),
  );
  const first = convolution(options, { names: ["conv", "norm"], filters: FILTERS[0] as number, kernel: 3, stride: 1 });
  const stem = block(...first, relu({ name: "relu" }), { name: "stem" });
  const head = [globalAvgPool({ name: "pool" }), dense(classes, { name: "scores" })];
  const network = { input, ...(seed !== undefined && { seed }), ...(engine && { engine }) };
  return sequential(network, stem, ...blocks, ...head);
}

interface Convolution {
  /** The convolution's and the normalisation's. */
  readonly names: readonly [string, string];
  readonly filters: number;
  readonly kernel: 1 | 3;
  readonly stride: number;
}

/** A convolution that keeps the picture's size at stride 1, and batch normalisation. */
function convolution(
  { norm = true, initializer = "he" }: DeepOptions,
  { names: [name, normName], filters, kernel, stride }: Convolution,
): Layer[] {
  const layer = conv2d(filters, kernel, { stride, padding: (kernel - 1) / 2, bias: !norm, initializer, name });
  return norm ? [layer, batchNorm({ name: normName })] : [layer];
}

/** The n of a depth of 6 n + 2. */
function blocksPerStage(place: string, depth: number): number {
  checkNumber(place, "depth", depth, { low: 8, integer: true });
  const count = Math.floor((depth - 2) / 6);
  if (depth !== 6 * count + 2)
    throw new OptionError(
      `depth must be 6 n + 2, got ${depth}. The nearest are ${6 * count + 2} and ${6 * count + 8}.`,
      {
        place,
        actual: depth,
        expected: [6 * count + 2, 6 * count + 8],
      },
    );
  return count;
}
