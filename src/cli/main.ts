#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { forecastBases } from "../data/series/choose.js";
import { orderTreatments } from "../data/series/read.js";
import { duplicateTreatments, gapTreatments } from "../data/series/repair.js";
import { evaluate } from "./evaluate.js";
import { exportNet } from "./export.js";
import { forecastSeries } from "./forecast.js";
import { objectiveNames } from "./gameWishes.js";
import { generate } from "./generate.js";
import { look } from "./look.js";
import { type CommonOptions, guarded } from "./output.js";
import { predict } from "./predict.js";
import { netNames, optimizerNames, scheduleNames } from "./recipe.js";
import { wordsIn, wordsOf } from "./resume.js";
import { start } from "./start.js";
import { summary } from "./summary.js";
import { type TrainOptions, train } from "./train.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Reads an option as a number in [low, high]. */
const number =
  (low: number, high: number, whole = true) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
      throw new InvalidArgumentError(`must be a ${whole ? "whole " : ""}number from ${low} to ${high}.`);
    return value;
  };

/** As `number`, for an option that takes several. */
const numbers =
  (low: number, high: number) =>
  (text: string, before: readonly number[] = []): number[] => [...before, number(low, high)(text)];

// Who reads may have enough, as `head` has: then there is nobody left to write for.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const program = new Command("midst")
  .description("Neural networks with every hidden layer in plain view")
  .version(version)
  .showHelpAfterError("(--help shows the options)");

const command = (name: string, about: string): Command =>
  program
    .command(name)
    .description(about)
    .option("--json", "print one JSON object")
    .option("--debug", "show where an error arose");

const DATA =
  'a folder of pictures, sounds or texts (one folder per class, or train/ and test/ with those), a folder of idx files, a .csv, .npz or .txt file, or "leaves", the built-in drawn leaves';

const trainCommand = command("train", "train a network on data and save it")
  .argument("<data>", DATA)
  .option("-o, --out <file>", "where to save it", "net.safetensors")
  .option("--run <folder>", "where checkpoints and logs are kept (runs/NAME-1, -2 ...)")
  .option("--no-run", "keep neither checkpoints nor logs")
  .option("--checkpoint-steps <n>", "also write a checkpoint after so many steps", number(1, 1e9))
  .option("--keep-checkpoints <n>", "how many stay (3)", number(1, 1000))
  .option("--seed <n>", "of weights, order and split", number(0, 2 ** 32 - 1), 0)
  .optionsGroup("Network:")
  .addOption(new Option("--net <kind>", "the network").choices(netNames).default("auto"))
  .option("--from <net>", "begin with a saved network")
  .option("--freeze <layers...>", "layers whose weights stay as they are, e.g. conv2d_1")
  .optionsGroup("Training:")
  .option("--epochs <n>", "passes over the data", number(1, 100_000))
  .option("--batch-size <n>", "examples per step", number(1, 65_536))
  .addOption(new Option("--optimizer <name>", "how weights change (adam)").choices(optimizerNames))
  .option("--learning-rate <x>", "at its highest", number(0, 100, false))
  .addOption(new Option("--schedule <name>", "how the learning rate goes (cosine)").choices(scheduleNames))
  .option("--warm-up <epochs>", "in which the learning rate rises, before the cosine", number(0, 10_000, false))
  .option("--plateau <epochs>", "without a better score, then a tenth of the learning rate", number(0, 10_000))
  .option("--patience <epochs>", "without a better score, then stop and keep the best", number(1, 10_000))
  .option("--validation <share>", "of the training data, to compare epochs by", number(0.001, 0.9, false))
  .option("--monitor <score>", 'by which epochs are compared: "loss" (default), "accuracy" or "r2"')
  .option("--keep-best", "save the network of the best epoch, not the last")
  .option("--weight-decay <x>", "of kernels and matrices, not of biases and scales", number(0, 1, false))
  .option("--clip-norm <x>", "the most that the gradient's norm may be", number(1e-9, 1e9, false))
  .option("--clip-value <x>", "the most that a number of the gradient may be", number(1e-9, 1e9, false))
  .option("--accumulate <batches>", "whose gradients make one step", number(1, 10_000))
  .option("--average <decay>", "keep a moving average of the weights, e.g. 0.999", number(0, 0.999_999, false))
  .option("--label-smoothing <share>", "of each label, spread over all classes", number(0, 0.99, false))
  .option("--class-weights", "rare classes count as much as frequent ones")
  .optionsGroup("Data:")
  .option(
    "--size <pixels>",
    "side that pictures of a folder are read at (64; with --gan 28, 32 or 64: 32)",
    number(8, 1024),
  )
  .option("--grey", "read pictures of a folder in grey")
  .option("--target <column>", "the column to predict (the last)")
  .option("--text <column>", "a column of texts, by which --target is predicted")
  .addOption(new Option("--tokens <kind>", "what text is divided into").choices(["characters", "words", "bpe"]))
  .addOption(new Option("--encoding <name>", "of text files (utf-8)").choices(["utf-8", "latin1"]))
  .option("--length <n>", "tokens of a text, or stretches of a sound, at once", number(1, 65_536))
  .option("--forecast <column>", "the column of a series to forecast, which makes a .csv file one")
  .option("--skip-bad", "leave bad pictures out, by name, instead of refusing them")
  .option("--no-augment", "do not vary pictures or sounds while training")
  .option("--rotate <degrees>", "turn pictures by up to so much", number(0, 180, false))
  .option("--crop <share>", "enlarge parts of pictures, of at least this share of the area", number(0.01, 1, false))
  .option("--colour <share>", "vary brightness, contrast and saturation by up to so much", number(0, 1, false))
  .option("--cut-out <pixels>", "the side of a square that is blanked out", number(0, 1024))
  .option("--mixup <alpha>", "mix pairs of examples, e.g. 0.2", number(1e-6, 100, false))
  .optionsGroup("Series (with --forecast):")
  .option("--time <column>", "the column of times (the one that holds ISO dates)")
  .option("--horizon <n>", "time steps to forecast (a season)", number(1, 100_000))
  .option("--window <n>", "time steps to see (two seasons)", number(1, 100_000))
  .option("--past <columns...>", "other columns whose past helps")
  .option("--known <columns...>", "columns that are known for the horizon, too")
  .option("--season <n>", "time steps after which the pattern comes round", number(1, 100_000))
  .option("--log", "forecast the logarithm: for what grows by percents")
  .addOption(new Option("--relative-to <base>", "what forecasts are added to").choices(forecastBases))
  .addOption(new Option("--gaps <how>", "what fills times and values that are missing").choices(gapTreatments))
  .addOption(new Option("--duplicates <how>", "what becomes of times that are twice").choices(duplicateTreatments))
  .addOption(new Option("--order <how>", "what becomes of times that go back").choices(orderTreatments))
  .optionsGroup("Game:")
  .option("--gan", "a generator of pictures, and a discriminator that tells them from the data's")
  .addOption(new Option("--objective <name>", "what the two play for (non-saturating)").choices(objectiveNames))
  .option("--latent <n>", "numbers of noise that a picture is made of (100)", number(1, 65_536))
  .option("--features <n>", "channels of the hidden layers next to the picture (64)", number(1, 65_536))
  .option("--conditional", "tell both networks each picture's class, and make pictures of a class")
  .option(
    "--discriminator-steps <n>",
    "updates of the discriminator for each of the generator (1; with wasserstein 5)",
    number(1, 10_000),
  )
  .option(
    "--discriminator-learning-rate <x>",
    "its own (that of both); a lower one where it is soon right about all",
    number(0, 100, false),
  )
  .option("--smoothing <share>", "real pictures count as real by 1 less this", number(0, 0.5, false))
  .option("--r1 <weight>", "of the discriminator's squared slope at real pictures", number(0, 1e6, false))
  .option("--instance-noise <x>", "deviation of noise on what the discriminator sees", number(0, 1e6, false))
  .optionsGroup("Options:");
/** What `midst resume` says besides the words it found: as values, which no word can take the place of. */
let resumed: Partial<TrainOptions> = {};
trainCommand.action((data: string, options) =>
  guarded({ ...options, ...resumed }, () => train(data, { ...options, ...resumed }, wordsOf(trainCommand))),
);

command("resume", "go on with a run of train that was interrupted")
  .argument("<run>", "its folder")
  .option("-o, --out <file>", "where to save the network (net.safetensors in the folder)")
  .option("--epochs <n>", "passes over the data in all; the schedule is then one over as many", number(1, 100_000))
  .action((run: string, options: CommonOptions & { out?: string; epochs?: number }) =>
    guarded(options, async () => {
      resumed = { out: join(run, "net.safetensors"), ...options, run, resume: true };
      await program.parseAsync(await wordsIn(run), { from: "user" });
    }),
  );

command("evaluate", "measure a saved network on data")
  .argument("<net>", "a file saved by train")
  .argument("<data>", DATA)
  .option("--text <column>", "the column of texts, of a CSV file")
  .option("--target <column>", "the column of their classes (the last)")
  .addOption(new Option("--encoding <name>", "of text files (utf-8)").choices(["utf-8", "latin1"]))
  .action((net: string, data: string, options) => guarded(options, () => evaluate(net, data, options)));

command("predict", "say what pictures, sounds, sentences, or rows of a table, are")
  .argument("<net>", "a file saved by train")
  .argument("<files...>", "pictures, WAV or CSV files, sentences, or files with one a line")
  .option("--top <n>", "how many guesses", number(1, 1000), 3)
  .option("--text <column>", "the column of texts, of a CSV file")
  .addOption(new Option("--encoding <name>", "of text files (utf-8)").choices(["utf-8", "latin1"]))
  .action((net: string, files: string[], options) => guarded(options, () => predict(net, files, options)));

command("generate", "write text with a network trained on a .txt file, or make pictures with one trained by --gan")
  .argument("<net>", "a file saved by train")
  .option("--seed <n>", "the same gives the same text or pictures", number(0, 2 ** 32 - 1), 0)
  .optionsGroup("Text:")
  .option("--prompt <text>", "what to go on with (a new line)")
  .option("--length <n>", "tokens at most (500)", number(0, 1e9))
  .option(
    "--temperature <x>",
    "below 1 the likely becomes likelier, 0 is always the likeliest (1)",
    number(0, 1000, false),
  )
  .option("--top-k <n>", "draw from the n likeliest tokens only", number(1, 1e9))
  .option("--top-p <share>", "draw from the likeliest tokens of this share only", number(1e-9, 1, false))
  .option("--stop <texts...>", "end before one of these")
  .optionsGroup("Pictures:")
  .option("--count <n>", "pictures, or with --walk walks (64, or 8 walks; in the terminal a few)", number(1, 10_000))
  .option("--grid <file>", "write all into one PNG file")
  .option("-o, --out <folder>", "write each into a PNG file of its own there")
  .option("--class <name>", "which class they are of (all in turn)")
  .option("--walk <n>", "n pictures from one noise to another, a row for each walk", number(2, 10_000))
  .optionsGroup("Options:")
  .action((net: string, options) => guarded(options, () => generate(net, options)));

command("forecast", "say what comes after a series, beside simple forecasts")
  .argument("<net>", "a file saved by train --forecast")
  .argument("<series>", "a CSV file with the same columns")
  .option("--horizon <n>", "time steps to forecast (those of the network)", number(1, 100_000))
  .option("--history <n>", "time steps before it that are drawn (three horizons)", number(1, 1_000_000))
  .option("--width <columns>", "of the terminal", number(20, 1000))
  .option("--svg <file>", "also write the chart there")
  .action((net: string, path: string, options) => guarded(options, () => forecastSeries(net, path, options)));

command("look", "show what each hidden layer makes of a picture, or holds while it reads a text, a sound or a series")
  .argument("<net>", "a file saved by train")
  .argument(
    "<file>",
    'a picture, a WAV file, a series, a sentence or a file that begins with it, "leaves" for a drawn leaf, or of a generator a seed',
  )
  .option("--layer <name>", "only this layer, e.g. conv2d_1, or of a recurrent network lstm_1/l1")
  .option("--width <columns>", "of the terminal", number(20, 1000))
  .option("-o, --out <folder>", "also write the pictures there, as PNG or SVG")
  .optionsGroup("Pictures:")
  .option("--data <data>", "also measure each layer's health on this data")
  .option("--class <name>", "which class a generator makes (the first)")
  .optionsGroup("Texts and sounds:")
  .option("--memory", "also how far gradients come back, and how long what is cut off matters")
  .option("--swap <steps...>", "also what happens when two steps are exchanged, e.g. --swap 0 3", numbers(0, 1e9))
  .option("--unit <n>", "whose state colours the tokens", number(0, 1e9))
  .addOption(new Option("--order <way>", "of the units").choices(["peak", "cluster", "none"]).default("peak"))
  .addOption(new Option("--encoding <name>", "of text files (utf-8)").choices(["utf-8", "latin1"]))
  .optionsGroup("Options:")
  .action((net: string, file: string, options) => guarded(options, () => look(net, file, options)));

command("summary", "list a saved network's layers")
  .argument("<net>", "a file saved by train")
  .action((net: string, options: CommonOptions) => guarded(options, () => summary(net, options)));

command("export", "write a saved network as ONNX")
  .argument("<net>", "a file saved by train")
  .argument("<out>", "the ONNX file")
  .action((net: string, out: string, options: CommonOptions) => guarded(options, () => exportNet(net, out, options)));

command("start", "train on drawn leaves, name a picture and show the hidden layers")
  .option("--data <folder>", "photos instead: one folder per class, or train/ and test/ with those")
  .option("--epochs <n>", "passes over the data", number(1, 1000))
  .option("-o, --out <file>", "where to save the network", "plants.safetensors")
  .option("--seed <n>", "of weights, order and data", number(0, 2 ** 32 - 1), 0)
  .action((options) => guarded(options, () => start(options)));

await program.parseAsync();
