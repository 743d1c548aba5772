import { DataError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { drawLatent, type Game, rowsOf, type Tensors } from "../runtime/index.js";
import type { Scores } from "./evaluate.js";
import { conditionsFor } from "./gameData.js";
import { Maker } from "./maker.js";
import type { GameMeasure, SampleOptions } from "./playOptions.js";
import { trainingHost } from "./progress.js";
import type { EpochFiles } from "./trainee.js";

interface Sampling extends Required<SampleOptions> {
  readonly measures: readonly GameMeasure[];
  readonly seed: number;
}

/** Rows of the picture over time, at most: epochs evenly spread. */
const ROWS = 12;

/** What the generator makes of the same noise, epoch by epoch: measured, and drawn in the run's folder. */
export class GameSamples {
  private readonly maker: Maker;

  constructor(
    private readonly game: Game,
    private readonly data: Dataset,
    private readonly options: Sampling,
  ) {
    this.maker = new Maker(game);
  }

  /** @param last whether the epoch is the run's last */
  async measure(epoch: number, last: boolean, files: EpochFiles | undefined): Promise<Scores | undefined> {
    const { every, measures, measured, drawn, seed } = this.options;
    if (epoch % every !== 0 && !last) return undefined;
    const draws = files !== undefined && drawn > 0 && this.isPicture && trainingHost().pictures !== undefined;
    const count = Math.max(measures.length > 0 ? measured : 0, draws ? drawn : 0);
    if (count === 0) return undefined;
    const conditions = await conditionsFor(this.game, this.data, count);
    const samples = await this.maker.make(drawLatent(this.game.latent, count, seed), conditions);
    if (draws) await this.draw(epoch, rowsOf(samples, 0, drawn), files);
    if (measures.length === 0) return undefined;
    const first = (tensor: Tensor) => rowsOf(tensor, 0, measured);
    const given: Tensors = Object.fromEntries(Object.entries(conditions).map(([name, v]) => [name, first(v)]));
    const scores: [string, number][] = [];
    for (const measure of measures)
      scores.push([measure.name, await measure.of(first(samples) as Tensor<"float32">, given)]);
    return Object.fromEntries(scores);
  }

  private get isPicture(): boolean {
    const [channels, , width] = this.game.exampleShape;
    return width !== undefined && (channels === 1 || channels === 3) && this.game.exampleShape.length === 3;
  }

  private async draw(epoch: number, samples: Tensor, files: EpochFiles): Promise<void> {
    const { pictures } = trainingHost();
    if (pictures === undefined) return;
    const { encoding, classes } = this.data;
    const count = samples.shape[0] as number;
    // A column for each class, all of one length.
    const labelled = this.game.conditions.length > 0 && classes !== undefined && classes.length <= count;
    const columns = labelled ? classes.length : COLUMNS;
    const drawn = labelled ? count - (count % columns) : count;
    const encoded = encoding?.kind === "images" ? encoding : undefined;
    await files.write(fileOf(epoch), await pictures.grid(rowsOf(samples, 0, drawn), encoded, columns));
    const grids: Uint8Array[] = [];
    for (const each of epochsShown(epoch, this.options.every)) {
      // A file that was taken away, or cannot be read, is left out.
      const bytes = await files.read(fileOf(each)).catch((error: unknown) => {
        if (error instanceof DataError) return undefined;
        throw error;
      });
      if (bytes !== undefined) grids.push(bytes);
    }
    if (grids.length > 0)
      await files.write("samples-over-time.png", await pictures.overTime(grids, Math.ceil(drawn / columns)));
  }
}

/** In a grid of 64. */
const COLUMNS = 8;

const fileOf = (epoch: number): string => `samples-${String(epoch).padStart(4, "0")}.png`;

/** The epochs drawn so far, or so many of them, evenly spread, as the picture over time has rows. */
function epochsShown(epoch: number, every: number): number[] {
  const drawn = Array.from({ length: Math.floor(epoch / every) }, (_, i) => (i + 1) * every);
  if (drawn.at(-1) !== epoch) drawn.push(epoch);
  const count = Math.min(ROWS, drawn.length);
  if (count === 1) return drawn;
  return Array.from({ length: count }, (_, i) => drawn[Math.round((i * (drawn.length - 1)) / (count - 1))] as number);
}
