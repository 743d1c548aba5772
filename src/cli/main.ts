#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { evaluate } from "./evaluate.js";
import { exportNet } from "./export.js";
import { look } from "./look.js";
import { type CommonOptions, guarded } from "./output.js";
import { predict } from "./predict.js";
import { netNames } from "./recipe.js";
import { start } from "./start.js";
import { summary } from "./summary.js";
import { train } from "./train.js";

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
  'a folder of pictures (one folder per class, or train/ and test/ with those), a folder of idx files, a .csv or .npz file, or "leaves", the built-in drawn leaves';

command("train", "train a network on data and save it")
  .argument("<data>", DATA)
  .addOption(new Option("--net <kind>", "the network").choices(netNames).default("auto"))
  .option("-o, --out <file>", "where to save it", "net.safetensors")
  .option("--epochs <n>", "passes over the data", number(1, 100_000))
  .option("--batch-size <n>", "examples per step", number(1, 65_536))
  .option("--learning-rate <x>", "at the start", number(0, 100, false))
  .option("--size <pixels>", "side that pictures of a folder are read at (64)", number(8, 1024))
  .option("--grey", "read pictures of a folder in grey")
  .option("--target <column>", "the column to predict (the last)")
  .option("--no-augment", "do not flip and shift pictures while training")
  .option("--skip-bad", "leave bad pictures out, by name, instead of refusing them")
  .option("--seed <n>", "of weights, order and split", number(0, 2 ** 32 - 1), 0)
  .action((data: string, options) => guarded(options, () => train(data, options)));

command("evaluate", "measure a saved network on data")
  .argument("<net>", "a file saved by train")
  .argument("<data>", DATA)
  .action((net: string, data: string, options: CommonOptions) => guarded(options, () => evaluate(net, data, options)));

command("predict", "say what pictures, or rows of a table, are")
  .argument("<net>", "a file saved by train")
  .argument("<files...>", "pictures, or CSV files")
  .option("--top <n>", "how many guesses", number(1, 1000), 3)
  .action((net: string, files: string[], options) => guarded(options, () => predict(net, files, options)));

command("look", "show what each hidden layer makes of a picture")
  .argument("<net>", "a file saved by train")
  .argument("<file>", 'a picture, or "leaves" for a drawn leaf')
  .option("--layer <name>", "only this layer, e.g. conv2d_1")
  .option("--width <columns>", "of the terminal", number(20, 1000))
  .option("--data <data>", "also measure each layer's health on this data")
  .option("-o, --out <folder>", "also write the pictures there as PNG")
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
