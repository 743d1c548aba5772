import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { readBytes, writeBytes } from "../../src/node/files.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder of its own for one test. */
async function room(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

async function refusal(promise: Promise<unknown>): Promise<DataError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

describe("readBytes", () => {
  it("reads a file whole, an empty one too", async () => {
    const at = await room("read");
    await writeFile(join(at, "a"), Uint8Array.from([1, 2, 255]));
    await writeFile(join(at, "empty"), "");
    const bytes = await readBytes(join(at, "a"));
    expect(bytes).toEqual(Uint8Array.from([1, 2, 255]));
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect((await readBytes(join(at, "empty"))).length).toBe(0);
    expect((await readBytes(join(at, "a"), { limit: 3 })).length).toBe(3);
  });

  it("refuses what is missing, a folder, a device and a file above the limit, naming the path", async () => {
    const at = await room("refused");
    await writeFile(join(at, "four"), "1234");
    const missing = await refusal(readBytes(join(at, "none\u001b")));
    expect(missing.message).toBe(
      `${join(at, "none\\u{1b}")}: there is no such file or folder. Check the path (ENOENT).`,
    );
    expect((await refusal(readBytes(at))).message).toBe(`${at}: it is a folder, not a file. Name the file.`);
    expect((await refusal(readBytes(join(at, "four", "in")))).message).toMatch(/is a file, not a folder.*ENOTDIR/);
    const large = await refusal(readBytes(join(at, "four"), { limit: 3 }));
    expect(large.message).toMatch(/four: the file has 4 bytes; at most 3 are read here/);
    expect([large.expected, large.actual]).toEqual([3, 4]);
    if (existsSync("/dev/zero")) expect((await refusal(readBytes("/dev/zero"))).message).toMatch(/device or pipe/);
  });

  it("does not take memory for a file above the limit, whatever size it claims", async () => {
    const path = join(await room("sparse"), "claims");
    await writeFile(path, "");
    await truncate(path, 2 ** 40);
    expect((await refusal(readBytes(path))).message).toMatch(/1099511627776 bytes; at most 4294967296/);
  });

  it("refuses unknown options", async () => {
    await expect(readBytes("x", { limits: 3 } as object)).rejects.toThrow(OptionError);
  });
});

describe("writeBytes", () => {
  it("writes, replaces, and leaves nothing beside", async () => {
    const at = await room("write");
    const path = join(at, "net.safetensors");
    await writeBytes(path, Uint8Array.from([1, 2, 3]));
    await writeBytes(path, Uint8Array.from([4]));
    expect([...(await readFile(path))]).toEqual([4]);
    expect(await readdir(at)).toEqual(["net.safetensors"]);
  });

  it("writes a view of a larger buffer, not the buffer", async () => {
    const path = join(await room("view"), "x");
    await writeBytes(path, Uint8Array.from([1, 2, 3, 4]).subarray(1, 3));
    expect([...(await readFile(path))]).toEqual([2, 3]);
  });

  it("gives each of many writers at once its own file, so that the last one is whole", async () => {
    const at = await room("many");
    const path = join(at, "x");
    const all = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i));
    await Promise.all(all.map((bytes) => writeBytes(path, bytes)));
    const last = await readFile(path);
    expect(all.some((bytes) => Buffer.compare(bytes, last) === 0)).toBe(true);
    expect(await readdir(at)).toEqual(["x"]);
  });

  it("does not take the file of a crashed run", async () => {
    const at = await room("stale");
    await writeBytes(join(at, "first"), new Uint8Array(1));
    const stale = Array.from({ length: 200 }, (_, i) => `.midst-${process.pid}-${i}.tmp`);
    for (const name of stale) await writeFile(join(at, name), "stale");
    await writeBytes(join(at, "x"), Uint8Array.from([7]));
    for (const name of stale) expect(await readFile(join(at, name), "utf8")).toBe("stale");
    expect([...(await readFile(join(at, "x")))]).toEqual([7]);
  });

  it("keeps a link and replaces what it points to", async () => {
    const at = await room("link");
    await writeFile(join(at, "target"), "old");
    await symlink("target", join(at, "link"));
    await writeBytes(join(at, "link"), Buffer.from("new"));
    expect(await readFile(join(at, "target"), "utf8")).toBe("new");
    expect((await readdir(at)).sort()).toEqual(["link", "target"]);
  });

  it("refuses a folder that is missing and a path that is a folder, and leaves nothing beside", async () => {
    const at = await room("no");
    expect((await refusal(writeBytes(join(at, "in", "x"), new Uint8Array(1)))).message).toMatch(/no such.*ENOENT/);
    await mkdir(join(at, "folder"));
    const error = await refusal(writeBytes(join(at, "folder"), new Uint8Array(1)));
    expect(error.place).toBe(join(at, "folder"));
    expect(await readdir(at)).toEqual(["folder"]);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)("says that rights are missing", async () => {
    const at = await room("rights");
    await chmod(at, 0o500);
    expect((await refusal(writeBytes(join(at, "x"), new Uint8Array(1)))).message).toMatch(/permission denied/);
    await chmod(at, 0o700);
  });

  it("leaves the old bytes under the name when the process is killed in the middle", async () => {
    const at = await room("killed");
    const script = await transpiled(at);
    const path = join(at, "out", "x");
    await mkdir(join(at, "out"));
    const old = new Uint8Array(1000).fill(1);
    let killedInTheMiddle = 0;
    for (let round = 0; round < 5; round++) {
      await writeBytes(path, old);
      const child = spawn(process.execPath, [script, path], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("exit", resolve));
      while (child.exitCode === null && (await settled(at))) await new Promise((resolve) => setImmediate(resolve));
      child.kill("SIGKILL");
      await ended;
      const size = (await stat(path)).size;
      expect([1000, 300_000_000]).toContain(size);
      if (size === 1000) {
        expect(Buffer.compare(await readFile(path), old)).toBe(0);
        killedInTheMiddle++;
      }
    }
    expect(killedInTheMiddle).toBeGreaterThan(0);
  });
});

/** Whether the other process has not begun to write: neither under the name nor beside it. */
async function settled(at: string): Promise<boolean> {
  const names = await readdir(join(at, "out"));
  const begun = await Promise.all(
    names.map((name) =>
      stat(join(at, "out", name)).then(
        ({ size }) => size > 1_000_000,
        () => false,
      ),
    ),
  );
  return !begun.includes(true);
}

/** files.ts as JavaScript that a process of its own can run: it writes 300 MB to its argument. */
async function transpiled(at: string): Promise<string> {
  const sources = ["base/errors", "base/options", "base/text", "node/files"];
  for (const source of sources) {
    const text = await readFile(new URL(`../../src/${source}.ts`, import.meta.url), "utf8");
    const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext, target: 9 } });
    const path = join(at, `${source}.js`);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, outputText);
  }
  await writeFile(join(at, "package.json"), '{"type":"module"}');
  const script = join(at, "run.js");
  await writeFile(
    script,
    `import { writeBytes } from ${JSON.stringify(pathToFileURL(join(at, "node/files.js")).href)};
     await writeBytes(process.argv[2], new Uint8Array(300_000_000).fill(2));`,
  );
  return script;
}
