import { DataError, OptionError } from "../base/errors.js";
import { type GenerateOptions, type Generation, generate, type Network } from "../index.js";
import { type CommonOptions, print } from "./output.js";

export interface WriteOptions extends CommonOptions {
  /** Defaults to a new line. */
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed: number;
}

/** The prompt and what follows it, as it is written. */
export async function writeText(net: Network, options: WriteOptions): Promise<void> {
  const { prompt = "\n", length = 500, json, debug: _, ...rest } = options;
  const generation = begin(net, prompt, { length, ...rest }, options.prompt !== undefined);
  if (json) return print(options, "", { prompt, text: await generation.text() });
  process.stdout.write(prompt === "\n" ? "" : prompt);
  for await (const piece of generation) process.stdout.write(piece);
  process.stdout.write("\n");
}

function begin(net: Network, prompt: string, options: GenerateOptions, asked: boolean): Generation {
  try {
    return generate(net, prompt, options);
  } catch (cause) {
    // Of a text without line ends, nobody has asked for one.
    if (asked || !(cause instanceof DataError) || cause.actual !== prompt) throw cause;
    throw new OptionError(
      "is needed: the network was trained on a text without line ends. Give it some text to go on with.",
      {
        place: "--prompt",
        cause,
      },
    );
  }
}
