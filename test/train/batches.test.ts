import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import type { Batch, Dataset } from "../../src/data/index.js";
import { batchesAhead } from "../../src/train/batches.js";

/** A data set that says which of its batches are being made or waiting, by their first position. */
function slow(length: number, make: (start: number) => Batch | Promise<Batch>): Dataset & { readonly asked: number[] } {
  const asked: number[] = [];
  const batch = (indices: ArrayLike<number>) => {
    asked.push(indices[0] as number);
    return make(indices[0] as number);
  };
  return { length, inputShapes: { input: [] }, targetShapes: {}, batch, asked };
}

const made = (start: number): Batch => ({ inputs: { input: tensor([start]) }, targets: {} });
const order = (length: number) => Array.from({ length }, (_, i) => i);
const firstOf = ({ inputs }: Batch) => inputs.input?.data[0];

describe("batchesAhead", () => {
  it("asks for three batches ahead of the one in use, and no more", async () => {
    const data = slow(20, async (start) => made(start));
    let used = 0;
    for await (const batch of batchesAhead(data, order(20), 2)) {
      expect(firstOf(batch)).toBe(2 * used);
      used++;
      await new Promise((done) => setTimeout(done, 2));
      expect(data.asked.length - used, `after ${used}`).toBe(Math.min(3, 10 - used));
    }
    expect(data.asked).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it("gives them in order, whichever is made first", async () => {
    const data = slow(6, (start) => new Promise((done) => setTimeout(() => done(made(start)), 12 - 2 * start)));
    const found: unknown[] = [];
    for await (const batch of batchesAhead(data, order(6), 1)) found.push(firstOf(batch));
    expect(found).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ["rejects", async () => Promise.reject(new Error("disk"))],
    [
      "throws",
      () => {
        throw new Error("disk");
      },
    ],
  ])("reports a batch that %s where it is needed, the ones before having been used", async (_, fail) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const data = slow(5, (start) => (start === 2 ? fail() : made(start)));
    const used: unknown[] = [];
    const all = async () => {
      for await (const batch of batchesAhead(data, order(5), 1)) {
        await new Promise((done) => setTimeout(done, 2));
        used.push(firstOf(batch));
      }
    };
    await expect(all()).rejects.toThrow("disk");
    expect(used).toEqual([0, 1]);
    await new Promise((done) => setTimeout(done, 5));
    process.removeListener("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it("can be left early", async () => {
    const data = slow(10, async (start) => (start > 1 ? Promise.reject(new Error("never needed")) : made(start)));
    for await (const batch of batchesAhead(data, order(10), 1)) if (firstOf(batch) === 1) break;
    expect(data.asked).toEqual([0, 1, 2, 3, 4]);
  });
});
