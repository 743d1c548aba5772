import { spawnSync } from "node:child_process";

/**
 * The command's tests run the built program: builds what has changed. Type errors are printed and left to
 * `npm run check`, so that an unfinished file does not keep all other tests from running.
 */
export function setup(): void {
  spawnSync("npx", ["--no-install", "tsc", "-b", "tsconfig.json"], { stdio: "inherit" });
}
