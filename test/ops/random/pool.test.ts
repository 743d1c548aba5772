import fc from "fast-check";
import { describe } from "vitest";
import { avgPool, maxPool, repeat } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { distinct, normal } from "../inputs.js";
import { opRow } from "../row.js";
import { lengths, property, whole } from "./property.js";

/** One spatial axis: the window is longer than the padding on either side. */
const axis = fc
  .record({ kernel: whole(1, 3), stride: whole(1, 3), before: whole(0, 2), after: whole(0, 2), rest: whole(0, 4) })
  .map(({ kernel, stride, rest, ...pads }) => {
    const [before, after] = [Math.min(pads.before, kernel - 1), Math.min(pads.after, kernel - 1)];
    return { kernel, stride, before, after, length: Math.max(1, kernel - before - after) + rest };
  });

const pooling = fc
  .record({ axes: fc.array(axis, { minLength: 1, maxLength: 2 }), channels: whole(1, 2), countPadding: fc.boolean() })
  .map(({ axes, channels, countPadding }) => ({
    x: ["batch", channels, ...axes.map((a) => a.length)],
    kernel: axes.map((a) => a.kernel),
    window: {
      strides: axes.map((a) => a.stride),
      pads: [...axes.map((a) => a.before), ...axes.map((a) => a.after)],
    },
    countPadding,
  }));

describe("pooling with random windows", () => {
  property("maxPool", pooling, ({ x, kernel, window }) =>
    opRow({
      name: "maxPool",
      inputs: { x: distinct(x) },
      op: (v) => maxPool(v.x, kernel, window),
      ref: (v) => reference.maxPool(v.x, kernel, window),
    }),
  );
  property("avgPool", pooling, ({ x, kernel, window, countPadding }) =>
    opRow({
      name: "avgPool",
      inputs: { x: normal(x) },
      op: (v) => avgPool(v.x, kernel, { ...window, countPadding }),
      ref: (v) => reference.avgPool(v.x, kernel, window, countPadding),
    }),
  );
  property("repeat", fc.tuple(lengths(1, 2), whole(1, 3), whole(1, 3)), ([picture, ...both]) => {
    const factors = both.slice(0, picture.length);
    return opRow({
      name: "repeat",
      inputs: { x: normal(["batch", 2, ...picture]) },
      op: ({ x }) => repeat(x, factors),
      ref: ({ x }) => reference.repeat(x, factors),
    });
  });
});
