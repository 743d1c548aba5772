// The count of tests from vitest's closing line: `Tests  3 failed | 120 passed | 4 skipped (127)`.
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const line = stripVTControlCharacters(readFileSync(process.argv[2], "utf8")).match(/^\s*Tests\s+(.*)$/m)?.[1];
const count = (word) => Number(line?.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
if (line === undefined) throw new Error("no line with the count of tests");
process.stdout.write(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`);
