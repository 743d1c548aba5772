import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the repository, so that "midst" is the built package itself.
const folder = mkdtempSync(join(root, ".docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const docs = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);

const run = promisify(execFile);

/** The TypeScript blocks of a page. */
const blocksOf = (page: string): string[] =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);

describe.each(["README.md", ...docs])("%s", (page) => {
  const blocks = blocksOf(page);
  it.each(blocks.map((code, i) => [i + 1, code] as const))("block %i runs", async (i, code) => {
    const file = join(folder, `${basename(page)}-${i}.mjs`);
    writeFileSync(file, ts.transpile(code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }));
    const { stdout } = await run(process.execPath, [file], { cwd: folder });
    expect(stdout).not.toBe("");
  });
});

it("the first program has at most 25 lines", () => {
  expect((blocksOf("README.md")[0] as string).trim().split("\n").length).toBeLessThanOrEqual(25);
});
