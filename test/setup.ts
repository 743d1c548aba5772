import { execFileSync } from "node:child_process";

/** The command's tests run the built program: builds what has changed. */
export function setup(): void {
  execFileSync("npx", ["--no-install", "tsc", "-b", "tsconfig.json"], { stdio: "inherit" });
}
