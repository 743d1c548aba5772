import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
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

/** Runs midst and interrupts it (Ctrl-C) when this many epochs were said. */
export async function interrupted(epochs: number, ...args: string[]): Promise<{ code: number; out: string }> {
  const child = spawn(process.execPath, [command, ...args]);
  let [out, sent] = ["", false];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    out += text;
    if (sent || !out.includes(`epoch ${epochs}/`)) return;
    sent = true;
    child.kill("SIGINT");
  });
  const [code] = await once(child, "close");
  return { code, out };
}
