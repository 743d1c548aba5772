import type { Batch, Dataset } from "../data/index.js";
import { type Game, GameStep, type GameStepOptions, type GameStepResult } from "../runtime/index.js";
import { encodingOf, judgedEncodingOf, warnOfRange } from "./gameData.js";
import { GameSamples } from "./gameSamples.js";
import { Loop } from "./loop.js";
import { checkPlayOptions, type PlayOptions, samplesOf, stepOptionsOf } from "./playOptions.js";
import { written, writtenOptimizer } from "./recipe.js";
import type { Run } from "./record.js";
import { withRunDefaults } from "./runOptions.js";
import { optimizerName, type RunSetting } from "./setting.js";
import { loopStep, type Share, type StepOutcome, type Trainee } from "./trainee.js";

/**
 * Plays a game: both networks learn from data, from the weights they have. As `fit`, in all that a run is: progress,
 * callbacks, a folder with checkpoints that go on to the bit (both networks, both optimizers, the noise), Ctrl-C.
 *
 * Of each epoch the record's `training` has the means of `loss` (the discriminator's), `generator loss`, `real accuracy`
 * and `fake accuracy` (the shares of real and of made examples that the discriminator took for what they are; where only
 * differences between scores count, by the middle between the mean scores of the batch), and the norms
 * `discriminator gradient` and `generator gradient`; `validation` has the measures. A folder also gets pictures of
 * examples made after each epoch of the same noise, `samples-0001.png` and so on, their first rows over time,
 * `samples-over-time.png`, and `discriminator.safetensors`. Where the best epoch's weights are kept, they are the generator's
 * (its averages, with `average`); the discriminator has its last ones.
 * @throws ShapeError or DataError when the data does not fit the networks, or there is too little of it
 * @throws OptionError for options out of range or at odds with the data, or a folder with another run
 * @throws NumericError naming layer, op and step when a loss, a gradient or a running statistic becomes NaN or Inf; the
 *   networks keep the weights from before that step
 */
export async function play(game: Game, data: Dataset, options: PlayOptions = {}): Promise<Run> {
  checkPlayOptions(data, options);
  return new Loop(players(game, data, options), options).run();
}

/** Two networks that play, as the loop of a run sees them. */
function players(game: Game, data: Dataset, options: PlayOptions): Trainee {
  const { measures = [], monitor } = options;
  const { epochs } = withRunDefaults(options);
  const stepOptions = stepOptionsOf(options);
  const smallerIsBetter = measures.find(({ name }) => name === monitor)?.smallerIsBetter === true;
  const samples = new GameSamples(game, data, { ...samplesOf(options), measures, seed: stepOptions.seed ?? 0 });
  return {
    net: game.generator,
    beside: { "discriminator.safetensors": game.discriminator },
    training: data,
    metrics: [],
    monitor: monitor === undefined ? undefined : { name: monitor, smallerIsBetter },
    setting: settingOf(game, stepOptions, options, data.length),
    made: () => recipeOf(game, stepOptions, options),
    create: async (example, warn) => {
      const step = await GameStep.create(game, example, stepOptions);
      warnOfRange(game, example, warn);
      game.generator.encoding = encodingOf(game, data);
      if (data.encoding !== undefined) game.discriminator.encoding = judgedEncodingOf(data.encoding);
      const { boundary } = stepOptions.objective;
      return loopStep(step, async (batch) => outcome(await step.run(batch), batch, boundary));
    },
    measure: (epoch, files) => samples.measure(epoch, epoch === epochs, files),
  };
}

function outcome(result: GameStepResult, batch: Batch, boundary: number | undefined): StepOutcome {
  const rows = Object.values(batch.inputs)[0]?.shape[0] as number;
  const share = (value: number): Share => [value, rows];
  const [real, fake] = [result.real.data, result.fake.data];
  const middle = boundary ?? (meanOf(real) + meanOf(fake)) / 2;
  const { generatorLoss, generatorGradient } = result;
  return {
    means: {
      loss: share(result.discriminatorLoss),
      ...(generatorLoss !== undefined && { "generator loss": share(generatorLoss) }),
      "real accuracy": share(meanOf(real.map((score) => Number(score > middle)))),
      "fake accuracy": share(meanOf(fake.map((score) => Number(score <= middle)))),
      "discriminator gradient": share(result.discriminatorGradient),
      ...(generatorGradient !== undefined && { "generator gradient": share(generatorGradient) }),
    },
    outputs: {},
  };
}

const meanOf = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0) / numbers.length;

/** What must be the same for a run to go on as though it had never stopped. */
function settingOf(game: Game, step: GameStepOptions, options: PlayOptions, examples: number): RunSetting {
  const { seed, batchSize } = withRunDefaults(options);
  const { objective, optimizer, discriminatorSteps = 1, r1 = 0, instanceNoise = 0, average = 0, clip = {} } = step;
  return {
    generator: JSON.stringify(game.generator),
    discriminator: JSON.stringify(game.discriminator),
    latent: { ...game.latent },
    objective: { name: objective.name, ...objective.settings },
    optimizers: [optimizerName(optimizer.generator), optimizerName(optimizer.discriminator)],
    ...{ seed, batchSize, discriminatorSteps, r1, average, clip: { ...clip }, examples },
    instanceNoise: typeof instanceNoise === "function" ? instanceNoise.name || "a rule" : instanceNoise,
    measures: (options.measures ?? []).map(({ name }) => name),
    monitor: options.monitor ?? null,
  };
}

function recipeOf(game: Game, step: GameStepOptions, options: PlayOptions): object {
  const { epochs, batchSize, seed } = withRunDefaults(options);
  const { discriminatorSteps, r1, instanceNoise, average, clip, monitor, patience, keep, checkpoint, samples } =
    options;
  return {
    play: {
      objective: written(step.objective),
      optimizer: {
        generator: writtenOptimizer(step.optimizer.generator),
        discriminator: writtenOptimizer(step.optimizer.discriminator),
      },
      ...{
        epochs,
        batchSize,
        seed,
        discriminatorSteps,
        r1,
        average,
        clip,
        monitor,
        patience,
        keep,
        checkpoint,
        samples,
      },
      ...(instanceNoise !== undefined && {
        instanceNoise: typeof instanceNoise === "function" ? instanceNoise.name || "a rule" : instanceNoise,
      }),
      ...(options.measures && { measures: options.measures.map(({ name }) => name) }),
    },
    latent: game.latent,
    generator: game.generator.toJSON(),
    discriminator: game.discriminator.toJSON(),
  };
}
