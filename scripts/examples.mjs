// Runs every example as it stands and fails if one does.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const folder = new URL("../examples/", import.meta.url);
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith(".mjs"))
  .sort()) {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [new URL(name, folder).pathname], { stdio: "inherit" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? "ok" : "FAILED"} examples/${name} (${seconds} s)\n\n`);
  if (status !== 0) process.exitCode = 1;
}
