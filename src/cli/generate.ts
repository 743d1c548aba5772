import { generate } from "../index.js";
import { load } from "../node/index.js";
import type { CommonOptions } from "./output.js";
import { print } from "./output.js";

export interface WriteOptions extends CommonOptions {
  /** Defaults to a new line. */
  readonly prompt?: string;
  readonly length: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed: number;
}

/** midst generate NET: the prompt and what follows it, as it is written. */
export async function write(file: string, options: WriteOptions): Promise<void> {
  const { prompt = "\n", json, debug: _, ...rest } = options;
  const generation = generate(await load(file), prompt, rest);
  if (json) return print(options, "", { prompt, text: await generation.text() });
  process.stdout.write(prompt === "\n" ? "" : prompt);
  for await (const piece of generation) process.stdout.write(piece);
  process.stdout.write("\n");
}
