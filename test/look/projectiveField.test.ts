import { expect, it } from "vitest";
import type { Value } from "../../src/graph/index.js";
import { conv1d, conv2d, convTranspose2d, dense, flatten, type Layer, reshape, sequential } from "../../src/index.js";
import { projectiveField } from "../../src/look/projectiveField.js";

/** The rows of flags that a last layer's output gets from the input when these of its places change. */
function fieldOf(input: readonly number[], layers: Layer[], changed: readonly number[]): string[] {
  const { inputs, outputs } = sequential({ input }, ...layers).traced(false);
  const [x, y] = [Object.values(inputs)[0], Object.values(outputs)[0]] as [Value, Value];
  const flags = [...projectiveField(x, y)(Uint8Array.from(changed))];
  const width = y.shape.length > 2 ? (y.shape.at(-1) as number) : 1;
  return Array.from({ length: flags.length / width }, (_, i) => flags.slice(i * width, (i + 1) * width).join(""));
}

it("is what a kernel writes, by hand", () => {
  expect(fieldOf([1, 2, 2], [convTranspose2d(1, 3, { stride: 4 })], [0, 1, 0, 0])).toEqual([
    "0000111",
    "0000111",
    "0000111",
    "0000000",
    "0000000",
    "0000000",
    "0000000",
  ]);
  expect(fieldOf([2, 3, 4], [conv2d(1, 3, { padding: "same" })], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])).toEqual([
    "0011",
    "0011",
    "0011",
  ]);
  // Two layers of 3 reach 2 places; output i of the first sees inputs i to i + 2.
  expect(fieldOf([1, 8], [conv1d(1, 3), conv1d(1, 3)], [1, 0, 0, 0, 0, 0, 0, 1])).toEqual(["1001"]);
});

it("is everything behind a layer that mixes all, and nothing where nothing changes", () => {
  const whole = [flatten(), dense(4), reshape([1, 2, 2])];
  expect(fieldOf([1, 2, 2], whole, [0, 0, 1, 0])).toEqual(["11", "11"]);
  expect(fieldOf([1, 2, 2], whole, [0, 0, 0, 0])).toEqual(["00", "00"]);
  expect(fieldOf([3], [dense(4)], [1])).toEqual(["1"]);
});
