import { describe, expect, it } from "vitest";
import { sequential } from "../../src/index.js";
import {
  cutStates,
  cutStatesChart,
  type HiddenStates,
  hiddenStates,
  hiddenStatesChart,
  positiveScale,
  renderCutStates,
  renderHiddenStates,
  renderStateGradients,
  renderSwappedSteps,
  renderTokens,
  type StateGradients,
  signedScale,
  stateGradients,
  stateGradientsChart,
  swapSteps,
  swapStepsChart,
} from "../../src/look/index.js";
import { dense, lstm } from "../../src/nn/index.js";
import { delayLine, series } from "./memoryNetworks.js";
import { noise } from "./networks.js";

/** Two units over four steps, one of them always shut, with a gate. */
const states: HiddenStates = {
  layer: "lstm_1",
  time: 4,
  units: 2,
  values: new Map([
    ["forget", new Float32Array([0, 1, 0, 1, 0, 0.5, 0, 1])],
    ["state", new Float32Array([0.5, -1, 0.5, 1, 0.5, -1, 0.5, 1])],
  ]),
  order: [1, 0],
  saturation: new Map([["forget", { shut: new Float32Array([1, 0]), open: new Float32Array([0, 0.75]) }]]),
};

const hex = (colour: readonly number[]) => `#${colour.map((c) => c.toString(16).padStart(2, "0")).join("")}`;

describe("pictures of hidden states", () => {
  it("are heat maps as SVG: a path for each colour, neighbours of one colour joined", () => {
    const chart = hiddenStatesChart(states, { width: 460, values: ["state"] });
    const paths = new Map(
      [...chart.matchAll(/<path fill="(#\w+)"[^>]*d="([^"]*)"/g)].map(([, colour, d]) => [colour, d]),
    );
    const { colour } = signedScale(1);
    expect([...paths.keys()].sort()).toEqual([colour(-1), colour(1), colour(0.5)].map(hex).sort());
    // 460 - 44 - 16 are 400 pixels for four steps; the first row is unit 1.
    expect(paths.get(hex(colour(-1)))).toMatch(/^M44 [\d.]+H144v12H44zM244 [\d.]+H344v12H244z$/);
    // Unit 0 never changes: one stroke.
    expect(paths.get(hex(colour(0.5)))).toMatch(/^M44 [\d.]+H444v12H44z$/);
  });

  it("have tokens on the colours of a unit, and a dot for each unit of a gate", () => {
    const chart = hiddenStatesChart(states, { tokens: ["<a>", "\n", "\u0001", "&"], unit: 1, title: "x < y" });
    for (const token of [">&lt;a&gt;<", ">↵<", ">\ufffd<", ">&amp;<", ">x &lt; y<", ">state of unit 1<"])
      expect(chart).toContain(token);
    expect(chart).toContain(`fill="${hex(signedScale(1).colour(-1))}"/>`);
    expect(chart.match(/<circle/g)).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML must not have them
    expect(chart).not.toMatch(/NaN|undefined|[\x00-\x09\x0b-\x1f]/);
    expect(() => hiddenStatesChart(states, { tokens: ["a"] })).toThrow("1 tokens are given for 4 steps");
    expect(() => hiddenStatesChart(states, { unit: 2 })).toThrow("unit");
    expect(() => hiddenStatesChart(states, { values: ["cell"] })).toThrow("It has: forget, state");
  });

  it("are text in a terminal, with how often gates are shut and open", () => {
    const plain = renderHiddenStates(states, { colours: "none", tokens: ["a", "b", "c", "d"] });
    expect(plain).toContain("lstm_1: 4 steps, 2 units");
    expect(plain).toContain("forget, 0 to 1");
    expect(plain).toContain("state of unit 1\nabcd");
    expect(plain).toMatch(/forget +50\.0 % +37\.5 % +1 +0$/);
    expect(renderHiddenStates(states, { units: 1 })).toContain("the 1 that vary the most");
  });

  it("colour tokens line by line", () => {
    const [dark, light] = [positiveScale(1).colour(0), positiveScale(1).colour(1)];
    const line = renderTokens(["ab", "c d", "\n"], [0, 1, 0], { columns: 5 });
    const on = (ground: readonly number[], ink: string, text: string) =>
      `\x1b[38;2;${ink}m\x1b[48;2;${ground.join(";")}m${text}`;
    const [white, black] = ["255;255;255", "0;0;0"];
    expect(line).toBe(`${on(dark, white, "ab")}${on(light, black, "c·d")}\x1b[0m\n${on(dark, white, "↵")}\x1b[0m`);
    const [tokens, shades] = renderTokens(["ab", "c"], [0, 1], { colours: "none" }).split("\n") as [string, string];
    expect(tokens).toBe("abc");
    expect(shades[0]).toBe(shades[1]);
    expect(shades[2]).not.toBe(shades[0]);
  });

  it("are drawn for a network's own states", async () => {
    const net = sequential({ input: [9, 2], seed: 1 }, lstm(40, { layers: 2 }), dense(2));
    const { value } = await hiddenStates(net, noise([1, 9, 2]), { layer: "lstm_1/l1", order: "cluster" });
    const chart = hiddenStatesChart(value);
    for (const name of value.values.keys()) expect(chart).toContain(`>${name}<`);
    expect(chart.indexOf(">state<")).toBeLessThan(chart.indexOf(">input<"));
  });
});

describe("pictures of memory tests", () => {
  /** The points of each line: how many there are in each unbroken piece. */
  const pieces = (svg: string) =>
    [...svg.matchAll(/<path d="([^"]*)" stroke="#\w+"[^>]*stroke-width="2"/g)].map(([, d]) =>
      (d as string)
        .split("M")
        .slice(1)
        .map((piece) => piece.split("L").length),
    );

  it("draw a fading gradient as a straight line, and zeros as gaps", async () => {
    const fading: StateGradients = {
      layer: "lstm_1",
      reach: new Map([["h", Float64Array.from([1e-3, 1e-2, 1e-1, 1])]]),
      slope: new Map([["h", Float64Array.from([0, 1, 1, 0])]]),
    };
    expect(pieces(stateGradientsChart(fading))).toEqual([[4], [2]]);
    const text = renderStateGradients(fading);
    expect(text).toContain("last h by h  ▁▃▆█  1.0e-3 to 1");
    expect(text).toContain("result by h   ▁▁   1 to 1");
    const { value } = await stateGradients(delayLine(6, 2, "last"), noise([1, 6, 1]));
    expect(pieces(stateGradientsChart(value, { title: "delay" }))).toEqual([[2], [2], [1]]);
  });

  it("draw a curve by lag, and say how long the memory lasts", async () => {
    const { value } = await cutStates(delayLine(7, 3, "all"), series([1, 1, 1, 1, 1, 1, 1]));
    expect(pieces(cutStatesChart(value))).toEqual([[6]]);
    const text = renderCutStates(value);
    expect(text).toContain("change (squared)  ▇█▁▁▁▁  0 to 1");
    expect(text).toContain("older than 2 steps");
    expect(renderCutStates({ ...value, length: undefined })).toContain("matters to the end");
    expect(renderCutStates({ ...value, curve: new Float64Array(500).fill(2) }).split("\n")[1]?.length).toBeLessThan(81);
  });

  it("draw where states part and meet", async () => {
    const { value } = await swapSteps(delayLine(9, 3, "all"), series([1, 2, 3, 4, 5, 6, 7, 8, 9]), { swap: [2, 4] });
    expect(pieces(swapStepsChart(value))).toEqual([[9], [9]]);
    const text = renderSwappedSteps(value);
    expect(text).toContain("simpleRnn_1: parts at step 2, meets again at step 7");
    expect(text).toContain("output (squared)  ▁▁▁▁█▁█▁▁  0 to 4");
    const one = { ...value, change: Float64Array.of(0.5), layers: [] };
    expect(renderSwappedSteps({ ...one, layers: value.layers })).toContain("the output changes by 0.5 (squared)");
    expect(pieces(swapStepsChart({ ...one, layers: value.layers }))).toEqual([[9]]);
  });
});
