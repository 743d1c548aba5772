import { describe, expect, it, vi } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { encodePng } from "../../src/node/index.js";
import type { Callback, Control } from "../../src/train/callback.js";
import { jsonLines, tensorBoard } from "../../src/train/loggers.js";
import type { EpochRecord } from "../../src/train/record.js";
import { readEvents } from "../support/events.js";
import { small } from "./points.js";

/** Where a log is written. */
function sink() {
  const parts: Uint8Array[] = [];
  return { append: (bytes: Uint8Array) => void parts.push(bytes), bytes: () => Buffer.concat(parts) };
}

const control: Control = { stop: () => {}, scaleLearningRate: () => {}, warn: () => {} };
const net = small();

const epoch = (number: number, validation = true): EpochRecord => ({
  epoch: number,
  step: 20 * number,
  training: { loss: 0.5, accuracy: 0.75 },
  ...(validation && { validation: { loss: 0.625, accuracy: 0.5 } }),
  learningRate: 0.25,
  seconds: 2,
  examplesPerSecond: 320,
  waiting: 0,
});

/** A run of one epoch of 20 steps, whose losses are 1 / step and the last one NaN. */
async function play(callback: Callback, before = 0): Promise<void> {
  await callback.onStart?.({ net, epochs: 1, stepsPerEpoch: 20, step: before });
  for (let step = before + 1; step <= before + 20; step++) {
    const loss = step === before + 20 ? Number.NaN : 1 / step;
    const norm = before === 0 ? {} : { gradientNorm: 2 };
    await callback.onStep?.({ step, epoch: 1, loss, examples: 32, learningRate: 0.25, ...norm }, control);
  }
  await callback.onEpoch?.({ ...epoch(1), step: before + 20 }, control);
  await callback.onEnd?.({ history: [epoch(1)], steps: before + 20, ended: "done", warnings: ["so"] });
}

describe("jsonLines", () => {
  it("writes an object a line, with what JSON has not as text", async () => {
    const { append, bytes } = sink();
    await play(jsonLines(append, { every: 10 }));
    const text = bytes().toString("utf8");
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { kind: "start", epochs: 1, stepsPerEpoch: 20, step: 0 },
      { kind: "step", step: 10, epoch: 1, loss: 0.1, examples: 32, learningRate: 0.25 },
      { kind: "step", step: 20, epoch: 1, loss: "NaN", examples: 32, learningRate: 0.25 },
      { kind: "epoch", ...epoch(1) },
      { kind: "end", steps: 20, ended: "done", warnings: ["so"] },
    ]);
    expect(lines[1]).toBe('{"kind":"step","step":10,"epoch":1,"loss":0.1,"examples":32,"learningRate":0.25}');
  });

  it("writes every step unless told otherwise, and waits for the file", async () => {
    let waiting = 0;
    let most = 0;
    let lines = 0;
    const append = async () => {
      most = Math.max(most, ++waiting);
      await new Promise((done) => setImmediate(done));
      waiting--;
      lines++;
    };
    await play(jsonLines(append));
    expect([most, lines]).toEqual([1, 23]);
  });
});

describe("tensorBoard", () => {
  it("writes scalars of every tenth step and of the epoch, and how the weights are spread", async () => {
    vi.useFakeTimers({ now: 1_700_000_000_500, toFake: ["Date"] });
    const { append, bytes } = sink();
    const png = await encodePng({ width: 2, height: 3, data: new Uint8Array(18) });
    await play(
      tensorBoard(append, {
        images: ({ architecture }, { epoch }) => ({ [`${architecture.inputs.input?.shape} ${epoch}`]: png }),
      }),
    );
    vi.useRealTimers();
    const events = readEvents(bytes());
    expect(events.every(({ wallTime }) => wallTime === 1_700_000_000.5)).toBe(true);
    expect(events[0]?.fileVersion).toBe("brain.Event:2");
    const scalars = events.filter(({ values }) => values[0]?.scalar !== undefined);
    expect(scalars.map(({ step, values }) => [step, Object.fromEntries(values.map((v) => [v.tag, v.scalar]))])).toEqual(
      [
        [10, { "loss/training": Math.fround(0.1), learning_rate: 0.25 }],
        [20, { "loss/training": Number.NaN, learning_rate: 0.25 }],
        [
          20,
          {
            "loss/epoch": 0.5,
            "accuracy/training": 0.75,
            "loss/validation": 0.625,
            "accuracy/validation": 0.5,
            examples_per_second: 320,
          },
        ],
      ],
    );
    const spread = events.flatMap(({ values }) => values).filter(({ histogram }) => histogram !== undefined);
    expect(spread.map(({ tag }) => tag)).toEqual([...net.weights.keys()].map((name) => `weights/${name}`));
    expect(spread.map(({ histogram }) => histogram?.num)).toEqual(
      [...net.weights.values()].map(({ data }) => data.length),
    );
    expect(events.at(-1)?.values[0]).toMatchObject({ tag: "2 1", image: { width: 2, height: 3 } });
    expect(events.some(({ session }) => session !== undefined)).toBe(false);
  });

  it("makes TensorBoard forget the steps that a resumed run makes again, and none before", async () => {
    const { append, bytes } = sink();
    await play(tensorBoard(append, { every: 5, histograms: false }), 40);
    const events = readEvents(bytes());
    expect(events.map(({ step }) => step)).toEqual([0, 41, 45, 50, 55, 60, 60]);
    expect(events[1]?.session).toBe(1);
    expect(events[2]?.values.at(-1)).toEqual({ tag: "gradient_norm", scalar: 2 });
  });

  it("refuses options that it has not", () => {
    expect(() => tensorBoard(() => {}, { every: 0 })).toThrow(OptionError);
    expect(() => jsonLines(() => {}, { each: 2 } as never)).toThrow('unknown option "each"');
  });
});
