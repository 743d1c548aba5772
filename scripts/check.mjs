// Everything that must hold before a change lands, tests aside: format and lint, types, floors, dead exports, length.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const LONGEST = 400;

const steps = [
  ["format and lint", "biome", ["ci", "--error-on-warnings", "."]],
  ["types of the product", "tsc", ["-b", "tsconfig.json"]],
  ["types of tests and examples", "tsc", ["-p", "tsconfig.test.json"]],
  ["floors and cycles", "depcruise", ["--output-type", "err", "src", "examples"]],
  ["dead exports and dependencies", "knip", ["--no-progress"]],
];

for (const [about, command, args] of steps) {
  process.stdout.write(`${about} ... `);
  try {
    execFileSync("npx", ["--no-install", command, ...args], {
      stdio: "pipe",
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    process.stdout.write("ok\n");
  } catch (error) {
    process.stdout.write(`failed\n${error.stdout}${error.stderr}\n`);
    process.exitCode = 1;
  }
}

const files = execFileSync("git", ["ls-files", "*.ts", "*.mjs"], { encoding: "utf8" }).trim().split("\n");
const lengths = files
  .filter((file) => !file.includes("/generated/"))
  .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }));
const long = lengths.filter(({ lines }) => lines > LONGEST);
for (const { file, lines } of long) {
  process.stdout.write(`${file} has ${lines} lines; the limit is ${LONGEST}\n`);
  process.exitCode = 1;
}
const product = lengths.filter(({ file }) => file.startsWith("src/"));
const total = product.reduce((sum, { lines }) => sum + lines, 0);
process.stdout.write(`src: ${total} lines in ${product.length} files\n`);
