import { afterEach, describe, expect, it } from "vitest";
import * as nn from "../../src/nn/index.js";
import { nodeTrainingHost } from "../../src/node/progress.js";
import { runFolder } from "../../src/node/runFolder.js";
import * as train from "../../src/train/index.js";
import { points, quiet, small, watched, weightsOf } from "./points.js";

const { fit } = train;

describe("progress", () => {
  const noted = () => {
    const calls: string[] = [];
    const steps: train.Progress[] = [];
    const epochs: train.Progress[] = [];
    const reporter: train.ProgressReporter = {
      step: (progress) => {
        calls.push("step");
        steps.push({ ...progress, scores: progress.scores });
      },
      epoch: (progress) => {
        calls.push("epoch");
        epochs.push(progress);
      },
      end: () => void calls.push("end"),
    };
    return { calls, steps, epochs, reporter };
  };

  it("is told step by step, epoch by epoch, and of the end", async () => {
    const { calls, steps, epochs, reporter } = noted();
    const metrics = [train.accuracy()];
    const options = {
      loss: nn.crossEntropy(),
      metrics,
      epochs: 2,
      batchSize: 4,
      validation: points(6, 2),
      progress: reporter,
    };
    const { history } = await fit(small(), points(10), options);
    expect(calls).toEqual(["step", "step", "step", "epoch", "step", "step", "step", "epoch", "end"]);
    expect(steps.map(({ epoch, epochs, step, steps }) => [epoch, epochs, step, steps])).toEqual([
      [1, 2, 1, 3],
      [1, 2, 2, 3],
      [1, 2, 3, 3],
      [2, 2, 1, 3],
      [2, 2, 2, 3],
      [2, 2, 3, 3],
    ]);
    expect(steps[2]?.scores).toEqual(history[0]?.training);
    expect(steps.every(({ rate, left }) => rate > 0 && left >= 0)).toBe(true);
    expect(steps[5]?.left).toBe(0);
    expect(epochs[1]?.scores).toEqual({
      ...history[1]?.training,
      "validation loss": history[1]?.validation?.loss,
      "validation accuracy": history[1]?.validation?.accuracy,
    });
  });

  it("costs no metric that nobody reads", async () => {
    let values = 0;
    const costly: train.Metric = {
      name: "costly",
      start: () => ({ add: () => {}, value: () => ++values }),
    };
    await fit(small(), points(20), { loss: nn.crossEntropy(), metrics: [costly], epochs: 1, batchSize: 2, ...quiet });
    expect(values, "once for the record, once for the line of the epoch").toBeLessThanOrEqual(2);
  });

  it("ends also when training fails", async () => {
    const { calls, reporter } = noted();
    const data = { ...points(8), batch: () => Promise.reject(new Error("disk")) };
    await expect(fit(small(), data, { loss: nn.crossEntropy(), progress: reporter })).rejects.toThrow("disk");
    expect(calls).toEqual(["end"]);
  });
});

describe("an interrupt (Ctrl-C)", () => {
  const quietHost: train.TrainingHost = {
    now: () => performance.now() / 1000,
    reporter: () => ({ step() {}, epoch() {}, end() {} }),
    openFolder: runFolder,
    onInterrupt: () => () => {},
  };
  afterEach(() => train.registerTrainingHost(quietHost));

  it("ends training after the step being made, and keeps what was learned", async () => {
    let interrupt = () => {};
    let released = false;
    train.registerTrainingHost({
      ...quietHost,
      onInterrupt: (stop) => {
        interrupt = stop;
        return () => {
          released = true;
        };
      },
    });
    const { data: held, asked } = watched(points(20, 2));
    const net = small();
    let steps = 0;
    const progress = {
      step: () => void (++steps === 5 && interrupt()),
      epoch: () => {},
      end: () => {},
    };
    const run = await fit(net, points(12), {
      loss: nn.crossEntropy(),
      epochs: 9,
      batchSize: 4,
      validation: held,
      progress,
    });
    expect(run).toMatchObject({ ended: "interrupted", steps: 5 });
    expect(run.history, "the epoch that was cut short is recorded").toHaveLength(2);
    expect(run.history[1]?.validation).toBeUndefined();
    expect(asked, "no validation after the interrupt").toHaveLength(1);
    expect(released).toBe(true);

    const same = small();
    await fit(same, points(12), { loss: nn.crossEntropy(), epochs: 2, batchSize: 4, ...quiet });
    expect(weightsOf(net), "five steps, not six").not.toEqual(weightsOf(same));
    const five = small();
    let count = 0;
    await fit(five, points(12), {
      loss: nn.crossEntropy(),
      epochs: 9,
      batchSize: 4,
      progress: { ...progress, step: () => void (++count === 5 && interrupt()) },
    });
    expect(weightsOf(net)).toEqual(weightsOf(five));
  });

  it("in Node is the signal SIGINT; afterwards nobody listens any more", async () => {
    train.registerTrainingHost(nodeTrainingHost);
    const before = process.listeners("SIGINT");
    let during = 0;
    const progress = {
      step: () => {
        during = process.listeners("SIGINT").length;
        for (const listener of process.rawListeners("SIGINT"))
          if (!before.includes(listener as never)) (listener as () => void)();
      },
      epoch: () => {},
      end: () => {},
    };
    const run = await fit(small(), points(12), { loss: nn.crossEntropy(), batchSize: 4, progress });
    expect(run).toMatchObject({ ended: "interrupted", steps: 1 });
    expect(during).toBe(before.length + 1);
    expect(process.listeners("SIGINT")).toEqual(before);
  });
});
