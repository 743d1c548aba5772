import { MidstError } from "../base/errors.js";

/** What every command is given. */
export interface CommonOptions {
  /** One JSON object on standard output instead of text. */
  readonly json?: boolean;
  /** Errors with their stack. */
  readonly debug?: boolean;
}

/** Prints text for people, or with `--json` one object for programs; everything else goes to standard error. */
export function print({ json }: CommonOptions, text: string, data: object): void {
  process.stdout.write(`${json ? JSON.stringify(data) : text}\n`);
}

/** A remark on standard error, left out with `--json`. */
export function note({ json }: CommonOptions, text: string): void {
  if (!json) process.stderr.write(`${text}\n`);
}

/** An option as it is written on the command line: `relativeTo` is `--relative-to`. */
export const wordFor = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Every line but empty ones, a little to the right. */
export const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");

/** Runs a command; an error becomes one line on standard error (or JSON) and exit code 1. */
export async function guarded(options: CommonOptions, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = 1;
    if (options.debug) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const known = error instanceof MidstError;
    if (options.json) {
      const { name, place } = known ? error : { name: "Error", place: undefined };
      process.stdout.write(`${JSON.stringify({ error: { kind: name, message, place } })}\n`);
    } else process.stderr.write(`error: ${message}${known ? "" : " (--debug shows where)"}\n`);
  }
}
