import { expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { gradients } from "../../src/autodiff/index.js";
import { conv, mul, relu, sum, maxPool, matmul, logSumExp, slice } from "../../src/ops/index.js";
import { compile, run } from "../../src/runtime/compile.js";
import { input, printGraph } from "../../src/graph/index.js";
import "../../src/node/host.js";

it("runs", async () => {
  console.log((await run((x) => relu(x), tensor([-1, 2]))).data);
  const x = input("x", ["batch", 1, 4, 4]);
  const w = input("w", [2, 1, 3, 3]);
  const y = maxPool(relu(conv(x, w, undefined, { pads: [1, 1, 1, 1] })), [2, 2]);
  const loss = sum(mul(y, y));
  const [dx, dw] = gradients(loss, [x, w]);
  const graph = { inputs: { x, w }, outputs: { loss, dx: dx!, dw: dw! } };
  console.log(printGraph(graph));
  const p = await compile(graph);
  const out = await p.run({ x: tensor(Array.from({ length: 16 }, (_, i) => Math.sin(i)), [1, 1, 4, 4]), w: tensor(Array.from({ length: 18 }, (_, i) => Math.cos(i)), [2, 1, 3, 3]) });
  console.log(out.loss, out.dw);
  console.log(await run((x) => logSumExp(x, 1), tensor([1000, 1000, 3, 4], [2, 2])));
  console.log(await run((x) => slice(x, [undefined, [undefined, undefined, -1]]), tensor([1000, 1001, 3, 4], [2, 2])));
  expect(out.loss!.data.length).toBe(1);
});
