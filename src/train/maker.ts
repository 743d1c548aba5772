import type { Tensor } from "../base/tensor.js";
import type { Graph } from "../graph/index.js";
import { checkPositions, compile, concatRows, countRows, type Game, rowsOf, type Tensors } from "../runtime/index.js";

/** Examples in one run. */
const BATCH = 256;

/** What a generator makes with the weights that it has by then: by a program made once for many epochs. */
export class Maker {
  private graph: Graph | undefined;

  constructor(private readonly game: Game) {}

  /**
   * What the generator makes of noise `[batch, latent]`: `[batch, ...example]`.
   * @throws ShapeError or DataError for conditions that the generator does not take
   */
  async make(noise: Tensor, conditions: Tensors): Promise<Tensor<"float32">> {
    const { generator, noise: name } = this.game;
    const inputs = { [name]: noise, ...conditions };
    const rows = countRows(generator.architecture.inputs, inputs);
    checkPositions(generator.traced(false), inputs);
    this.graph ??= this.trace();
    const program = await compile(this.graph, { purpose: "training" }, await generator.engine());
    const weights = Object.fromEntries(generator.weights);
    const parts: Tensors[] = [];
    for (let start = 0; start < rows; start += BATCH) {
      const part = Object.entries(inputs).map(([name, value]) => [name, rowsOf(value, start, start + BATCH)] as const);
      parts.push(await program.run({ ...weights, ...Object.fromEntries(part) }));
    }
    return Object.values(concatRows(parts))[0] as Tensor<"float32">;
  }

  private trace(): Graph {
    const { inputs, outputs, parameters } = this.game.generator.traced(false);
    const weights = [...parameters].map(([name, { value }]) => [name, value] as const);
    return { inputs: { ...inputs, ...Object.fromEntries(weights) }, outputs };
  }
}
