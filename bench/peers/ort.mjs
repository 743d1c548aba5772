// The bare ONNX Runtime session on the file that midst exports: what a call of predict() is measured against.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as midst from "midst";
import * as nets from "midst/nets";
import { exportOnnx } from "midst/node";
import ort from "onnxruntime-node";
import { networkOf } from "./networks.mjs";
import { serve } from "./serve.mjs";
import { crossEntropy } from "./workload.mjs";

async function setup(workload) {
  if (!workload.inference) throw new Error("not run: it only infers.");
  const folder = await mkdtemp(join(tmpdir(), "midst-bench-"));
  const file = join(folder, "net.onnx");
  await exportOnnx(midst.loadBytes(midst.saveBytes(networkOf(midst, nets, workload))), file);
  const session = await ort.InferenceSession.create(await readFile(file));
  await rm(folder, { recursive: true });
  const x = new ort.Tensor("float32", workload.x, [workload.batch, ...workload.input]);
  let scores;
  return {
    about: "session.run alone",
    step: async () => {
      scores = (await session.run({ input: x })).output.data;
    },
    loss: async () => crossEntropy(scores, workload.labels),
  };
}

await serve({ peer: "ort", version: ort.env.versions.node }, setup);
