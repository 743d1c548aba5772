import { OptionError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import { adam } from "../optim/index.js";
import { type Network, type StepOptions, type StepResult, TrainingStep } from "../runtime/index.js";
import { epochOrder } from "./batches.js";
import { Evaluator, type Scores, weightOf } from "./evaluate.js";
import { Loop } from "./loop.js";
import { checkFitOptions, type FitOptions, partsOf, withDefaults } from "./options.js";
import { fitRecipe } from "./recipe.js";
import type { Run } from "./record.js";
import { settingOf } from "./setting.js";
import { type LoopStep, loopStep, type StepOutcome, type Trainee } from "./trainee.js";

/**
 * Trains a network on data, from the weights it has. Ctrl-C ends it after the step being made and keeps what was
 * learned; so does an error. The optimizer starts afresh, unless the run goes on from a checkpoint.
 * @throws ShapeError or DataError when the data does not fit the network or the loss
 * @throws OptionError when the folder holds a run and `resume` was not asked for, or a run of another setting
 * @throws NumericError naming layer, op and step when the loss, a gradient or a running statistic becomes NaN or Inf; the
 *   network keeps the weights from before that step
 */
export async function fit(net: Network, data: Dataset, options: FitOptions): Promise<Run> {
  checkFitOptions(net, options);
  return new Loop(learner(net, data, options), options).run();
}

/** A network that learns from data, as the loop of a run sees it. */
function learner(net: Network, data: Dataset, options: FitOptions): Trainee {
  const { epochs, batchSize, seed, loss, metrics = [], monitor } = withDefaults(options);
  const { clip, accumulate, average, frozen, stateful, optimizer = adam() } = options;
  const { training, validation } = partsOf(data, options);
  const batches = Math.ceil(epochOrder(training, batchSize, seed, 1).length / batchSize);
  checkRounds(accumulate ?? 1, epochs * batches);
  if (stateful) checkStreams(training, batchSize);
  const stepOptions: StepOptions = {
    ...{ loss, optimizer, seed },
    ...(clip !== undefined && { clip }),
    ...(accumulate !== undefined && { accumulate }),
    ...(average !== undefined && { average }),
    ...(frozen !== undefined && { frozen }),
    ...(stateful !== undefined && { stateful }),
  };
  const evaluator = new Evaluator(net, { loss, metrics });
  const smallerIsBetter = metrics.find(({ name }) => name === monitor)?.smallerIsBetter ?? monitor === "loss";
  return {
    ...{ net, beside: {}, training, metrics, monitor: { name: monitor, smallerIsBetter } },
    setting: settingOf(net, options, training.length),
    made: () => fitRecipe(net, options),
    create: async (example) => {
      const step = await TrainingStep.create(net, example, stepOptions);
      if (data.encoding !== undefined) net.encoding = data.encoding;
      const run: LoopStep["run"] = async (batch) => outcome(await step.run(batch), weightOf(batch, loss));
      return loopStep(step, run, () => step.forget());
    },
    measure: async (): Promise<Scores | undefined> => validation && evaluator.scores(validation, net.weights),
  };
}

/** @param weight how much the batch counts in the mean of the loss */
const outcome = ({ loss, ...rest }: StepResult, weight: number): StepOutcome => ({
  means: { loss: [loss, weight] },
  ...rest,
});

/** Throws where training would end before the first update. */
function checkRounds(accumulate: number, batches: number): void {
  if (batches >= accumulate) return;
  throw new OptionError(
    `accumulate is ${accumulate}, but the run has ${batches} batches in all: no update would be made. Lower it, or give smaller batches.`,
    { place: "fit", expected: batches, actual: accumulate },
  );
}

/** Throws where batches could not go on from each other. */
function checkStreams({ length, ordered = false }: Dataset, batchSize: number): void {
  const place = "fit";
  if (!ordered)
    throw new OptionError("stateful needs data in order, such as streams of text: a data set with ordered: true.", {
      place,
    });
  if (length % batchSize !== 0)
    throw new OptionError(
      `stateful needs whole batches, but ${length} examples are no multiple of the batch size ${batchSize}.`,
      { place, expected: batchSize, actual: length },
    );
}
