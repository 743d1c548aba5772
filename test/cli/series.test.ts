import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { midst } from "./run.js";

let folder: string;
let file: string;
let net: string;
let trained: Awaited<ReturnType<typeof midst>>;

const day = (i: number): string => new Date(Date.UTC(2001, 0, 1) + 864e5 * i).toISOString().slice(0, 10);
/** A week's pattern on a slow wave, with a little noise. */
const sales = (i: number): number =>
  100 + 10 * Math.sin(i / 20) + 20 * Math.sin((2 * Math.PI * i) / 7) + ((i * 7919) % 13) / 4;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-cli-series-"));
  file = join(folder, "sales.csv");
  net = join(folder, "sales.safetensors");
  await writeFile(
    file,
    ["day,sales,open", ...Array.from({ length: 300 }, (_, i) => `${day(i)},${sales(i)},1`)].join("\n"),
  );
  trained = await midst(
    "train",
    file,
    "--forecast",
    "sales",
    "--epochs",
    "12",
    "-o",
    net,
    "--run",
    join(folder, "run"),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe("midst train --forecast", () => {
  it("says what it does, and the TypeScript that does the same", () => {
    expect(trained.stderr).toContain('a series of 300 rows, 1 day apart, of which "sales" is forecast for 7 from 14');
    expect(trained.stderr).toContain("seriesData(read, {");
    expect(trained.stderr).toContain('gru(32, { returns: "last" })');
    expect(trained.stderr).toContain("loss: pinball([0.1, 0.5, 0.9])");
    expect(trained.stderr).toContain("validation,");
    expect(trained.code).toBe(0);
  });

  it("prints the network's scores beside the simple forecasts'", () => {
    for (const name of ["network", "seasonalNaive (7)", "drift", "exponentialSmoothing", "MASE", "within the band"])
      expect(trained.stdout).toContain(name);
  });

  it("is gone on with, with the same words", async () => {
    const resumed = await midst("resume", join(folder, "run"), "--epochs", "14", "--json");
    const { history, report } = JSON.parse(resumed.stdout);
    expect(history).toHaveLength(14);
    expect(report.backtest.horizon).toBe(7);
  });

  it("evaluates the time that training has not seen, or a file of what comes after", async () => {
    const whole = JSON.parse((await midst("evaluate", net, file, "--json")).stdout);
    // The last 15 % of 300 rows.
    expect(whole.backtest.origins).toBe(39);
    expect(whole.scores.mae).toBe(whole.backtest.scores.network.mae);
    const later = join(folder, "later.csv");
    await writeFile(
      later,
      ["day,sales", ...Array.from({ length: 60 }, (_, i) => `${day(300 + i)},${sales(300 + i)}`)].join("\n"),
    );
    const found = JSON.parse((await midst("evaluate", net, later, "--json")).stdout);
    expect(found.backtest.origins).toBe(60 - (14 + 7) - 7 + 1);
    expect(found.backtest.scores.network.mae).toBeLessThan(found.backtest.scores.drift.mae);
  });
});

describe("midst forecast", () => {
  it("prints a chart, the forecasts beside simple ones, and their scores; writes the SVG", async () => {
    const svg = join(folder, "sales.svg");
    const { stdout, code } = await midst("forecast", net, file, "--svg", svg, "--width", "60");
    for (const part of [
      `${day(300)} `,
      "0.1 to 0.9",
      "seasonalNaive",
      "● network",
      "scores from 39 origins",
      `saved ${svg}`,
    ])
      expect(stdout).toContain(part);
    expect(code).toBe(0);
    expect(await readFile(svg, "utf8")).toContain("80 % expected within");
  });

  it("goes beyond the network's horizon on its own forecasts, as JSON", async () => {
    const answer = JSON.parse((await midst("forecast", net, file, "--horizon", "10", "--json")).stdout);
    expect(answer.times).toEqual(Array.from({ length: 10 }, (_, i) => day(300 + i)));
    expect(answer.network).toHaveLength(10);
    expect(answer.quantiles).toBeUndefined();
    answer.network.forEach((value: number, i: number) => {
      expect(Math.abs(value - sales(300 + i))).toBeLessThan(15);
    });
    const direct = JSON.parse((await midst("forecast", net, file, "--json")).stdout);
    expect(direct.network).toEqual(answer.network.slice(0, 7));
    expect(direct.quantiles["0.5"]).toEqual(direct.network);
    expect(direct.backtest.smoothing.kind).toBeTypeOf("string");
  });

  it("says why there are no scores where training has seen everything", async () => {
    const seen = join(folder, "seen.csv");
    await writeFile(seen, ["day,sales", ...Array.from({ length: 100 }, (_, i) => `${day(i)},${sales(i)}`)].join("\n"));
    expect((await midst("forecast", net, seen)).stdout).toContain("no scores: ");
  });
});

describe("bad input", () => {
  it.each<[string, string[], string[]]>([
    ["a gap", [`${day(0)},1`, `${day(1)},2`, `${day(4)},3`], ["bad.csv:4:day", "2 rows are missing", "gaps:"]],
    ["a time that is there twice", [`${day(0)},1`, `${day(1)},2`, `${day(1)},3`], ["bad.csv:4:day", "is there twice"]],
    ["a cell that is no number", [`${day(0)},1`, `${day(1)},two`], ["bad.csv:3:sales", '"two" is not a number']],
    ["too few rows", [`${day(0)},1`, `${day(1)},2`], ["there is no window"]],
    ["no rows", [], ["there are no rows of data"]],
  ])("names %s", async (_, rows, parts) => {
    const bad = join(folder, "bad.csv");
    await writeFile(bad, ["day,sales", ...rows].join("\n"));
    const { stderr, code } = await midst("train", bad, "--forecast", "sales");
    for (const part of parts) expect(stderr).toContain(part);
    expect(code).toBe(1);
  });

  it("names columns, options and files that do not fit", async () => {
    const cases: [string[], string][] = [
      [["train", file, "--forecast", "sale"], 'Did you mean "sales"?'],
      [["train", file, "--horizon", "3"], "--horizon: is for a series. Name the column to forecast"],
      [["train", file, "--relative-to", "last"], "--relative-to: is for a series"],
      [["train", "leaves", "--forecast", "x"], "--forecast"],
      [["train", folder, "--forecast", "x"], "--forecast: is for a .csv or .tsv file"],
      [["train", file, "--forecast", "sales", "--net", "cnn"], '"cnn" is for pictures; this is sequences'],
      [["train", file, "--forecast", "sales", "--validation", "0.2"], "a series is divided by time"],
      [["forecast", net, join(folder, "none.csv")], "no such file"],
      [["predict", net, file], "midst forecast"],
    ];
    for (const [words, says] of cases) {
      const { stderr, code } = await midst(...words);
      expect(stderr, words.join(" ")).toContain(says);
      expect(code).toBe(1);
    }
  });
});

describe("midst look", () => {
  it("shows what the network holds while it reads the last window, and how long it remembers", async () => {
    const { stdout, stderr } = await midst("look", net, file, "--memory");
    expect(stderr).toBe("");
    expect(stdout).toContain("gru_1: 14 steps, 32 units");
    expect(stdout).toContain("result by input");
    expect(stdout, "an answer that depends on what was read").not.toContain("0 to 0");
    expect(Number(stdout.match(/holds to within ([\d.e-]+)/)?.[1])).toBeLessThan(0.05);
  });
});
