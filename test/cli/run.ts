import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running =
  (cwd: string) =>
  (...args: string[]): Promise<Outcome> =>
    new Promise((done) => {
      execFile(process.execPath, [command, ...args], { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });

/** Runs the built `midst` command, in a folder where its runs do no harm; `midst.in(folder)` runs it in another. */
export const midst = Object.assign(running(mkdtempSync(join(tmpdir(), "midst-runs-"))), { in: running });

/** Runs `body` in a fresh folder that is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "midst-cli-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const filesIn = async (folder: string): Promise<string[]> => (await readdir(folder)).sort();
