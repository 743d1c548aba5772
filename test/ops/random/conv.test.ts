import fc from "fast-check";
import { describe } from "vitest";
import { convAttrs, convFilterGradient } from "../../../src/ops/conv.js";
import { conv, convTranspose } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";
import { property, whole } from "./property.js";

/** One spatial axis: the lengths of picture and kernel, and how the kernel moves; it fits at least once. */
const axis = fc
  .record({
    kernel: whole(1, 3),
    stride: whole(1, 3),
    dilation: whole(1, 3),
    before: whole(0, 3),
    after: whole(0, 3),
    rest: whole(0, 4),
  })
  .map(({ rest, ...drawn }) => {
    const span = drawn.dilation * (drawn.kernel - 1) + 1;
    return { ...drawn, length: Math.max(1, span - drawn.before - drawn.after) + rest };
  });

const convolution = (axes: number) =>
  fc
    .record({
      axes: fc.array(axis, { minLength: axes, maxLength: axes }),
      groups: whole(1, 3),
      channels: whole(1, 2),
      filters: whole(1, 2),
    })
    .map(({ axes, groups, channels, filters }) => {
      const attrs = {
        strides: axes.map((a) => a.stride),
        pads: [...axes.map((a) => a.before), ...axes.map((a) => a.after)],
        dilations: axes.map((a) => a.dilation),
        groups,
      };
      const [picture, kernel] = [axes.map((a) => a.length), axes.map((a) => a.kernel)];
      return {
        attrs,
        picture,
        kernel,
        x: ["batch", channels * groups, ...picture],
        w: [filters * groups, channels, ...kernel],
        y: ["batch", filters * groups, ...reference.windowedSize(picture, kernel, attrs)],
      };
    });

for (const axes of [1, 2])
  describe(`convolutions over ${axes} random axes`, () => {
    property("conv", convolution(axes), ({ x, w, attrs }) =>
      opRow({
        name: "conv",
        inputs: { x: normal(x), w: normal(w) },
        op: (v) => conv(v.x, v.w, undefined, attrs),
        ref: (v) => reference.conv(v.x, v.w, undefined, attrs),
      }),
    );
    property("convTranspose", convolution(axes), ({ y, w, picture, attrs }) =>
      opRow({
        name: "convTranspose",
        inputs: { y: normal(y), w: normal(w) },
        op: (v) => convTranspose(v.y, v.w, { ...attrs, size: picture }),
        ref: (v) => reference.convTranspose(v.y, v.w, picture, attrs),
      }),
    );
    property("convFilterGradient", convolution(axes), ({ x, y, kernel, attrs }) =>
      opRow({
        name: "convFilterGradient",
        inputs: { x: normal(x), dy: normal(y) },
        op: (v) => {
          const filled = convAttrs("convFilterGradient", axes, attrs);
          return convFilterGradient(v.x, v.dy, { ...filled, size: kernel });
        },
        ref: (v) => reference.convFilterGradient(v.x, v.dy, kernel, attrs),
      }),
    );
  });
