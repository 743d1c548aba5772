import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { type Tensor, tensor, zeros } from "../../src/base/tensor.js";
import { dataset } from "../../src/data/index.js";
import { readSafetensors, writeSafetensors } from "../../src/formats/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { load, save } from "../../src/node/save.js";
import { type Network, network, sequential, useEngine } from "../../src/runtime/index.js";
import { fit, loadBytes, saveBytes } from "../../src/train/index.js";

useEngine(await nativeEngine());

const pictures = tensor(
  Float32Array.from({ length: 8 * 36 }, (_, i) => Math.sin(i)),
  [8, 1, 6, 6],
);

/** A network that has been trained a little: its running statistics are not where they began. */
async function trained(): Promise<Network> {
  const net = sequential(
    { input: [1, 6, 6], seed: 3 },
    nn.conv2d(3, 3, { padding: "same" }),
    nn.residual(nn.conv2d(3, 3, { padding: "same" }), nn.batchNorm()),
    nn.relu(),
    nn.dropout(0.2),
    nn.flatten(),
    nn.dense(2, { name: "scores" }),
  );
  const data = dataset({ input: pictures, target: [0, 1, 0, 1, 0, 1, 0, 1], classes: ["a", "b"] });
  await fit(net, data, { loss: nn.crossEntropy(), epochs: 3, batchSize: 4, progress: false });
  return net;
}

describe("a saved network", () => {
  it("predicts the same bits when loaded, and is written the same again", async () => {
    const net = await trained();
    const bytes = saveBytes(net);
    const again = loadBytes(bytes);
    expect((await again.predict(pictures)).data).toEqual((await net.predict(pictures)).data);
    expect([...again.weights.keys()]).toEqual([...net.weights.keys()]);
    expect(again.encoding).toEqual(net.encoding);
    expect(again.encoding).toMatchObject({ kind: "values", classes: ["a", "b"] });
    expect(saveBytes(again)).toEqual(bytes);
  });

  it("goes on training as the one it was saved from", async () => {
    const [net, again] = [await trained(), loadBytes(saveBytes(await trained()))];
    const data = dataset({ input: pictures, target: [1, 0, 1, 0, 1, 0, 1, 0], classes: ["a", "b"] });
    for (const each of [net, again]) await fit(each, data, { loss: nn.crossEntropy(), epochs: 2, progress: false });
    expect(new Map(again.weights)).toEqual(new Map(net.weights));
  });

  it("with several inputs, shared layers and tokens comes back whole", async () => {
    const tower = nn.dense(3);
    const net = network({ a: [2], b: [2], words: { shape: [2], dtype: "int32" } }, ({ a, b, words }) => ({
      near: nn.dense(1)(nn.concat()(tower(a), tower(b))),
      text: nn.flatten()(nn.embedding(4, 2)(words)),
    }));
    const inputs = { a: tensor([1, 2], [1, 2]), b: tensor([3, 4], [1, 2]), words: tensor(Int32Array.of(3, 0), [1, 2]) };
    expect(await loadBytes(saveBytes(net)).predict(inputs)).toEqual(await net.predict(inputs));
  });

  it("is a safetensors file that others can read: weights by name", async () => {
    const net = await trained();
    const { tensors, metadata } = readSafetensors(saveBytes(net));
    expect(Object.keys(tensors).sort()).toEqual([...net.weights.keys()].sort());
    expect(tensors["scores.bias"]).toEqual(net.weights.get("scores.bias"));
    expect(metadata.format).toBe("midst");
    expect(JSON.parse(metadata["midst.architecture"] as string)).toEqual(net.toJSON());
  });
});

describe("a file that is no saved network", () => {
  /** The file with its tensors and metadata changed. */
  const altered = async (change: (tensors: Record<string, Tensor>, metadata: Record<string, string>) => void) => {
    const { tensors, metadata } = readSafetensors(saveBytes(await trained()));
    const [copy, texts] = [{ ...tensors }, { ...metadata }];
    change(copy, texts);
    return writeSafetensors(copy, texts);
  };
  const architecture =
    (change: (json: Record<string, unknown>) => void) => (_: unknown, metadata: Record<string, string>) => {
      const json = JSON.parse(metadata["midst.architecture"] as string) as Record<string, unknown>;
      change(json);
      metadata["midst.architecture"] = JSON.stringify(json);
    };
  const stepAt = (json: Record<string, unknown>, i: number) =>
    (json.steps as Record<string, unknown>[])[i] as Record<string, unknown>;

  it.each([
    ["a weight is missing", (t) => delete t["scores.bias"], "1 weights are missing: scores.bias."],
    [
      "many weights are missing",
      (t) => {
        for (const name of Object.keys(t)) delete t[name];
      },
      "10 weights are missing: conv2d_1.weight, ",
    ],
    [
      "a weight has another shape",
      (t) => (t["scores.bias"] = zeros([3])),
      "scores.bias: expected float32[2], got float32[3].",
    ],
    [
      "a weight has another dtype",
      (t) => (t["scores.bias"] = zeros([2], "int32")),
      "scores.bias: expected float32[2], got int32[2].",
    ],
    [
      "a weight belongs to nobody",
      (t) => (t["scores.gamma"] = zeros([2])),
      "scores.gamma: the network has no such weight.",
    ],
    [
      "there is no architecture",
      (_, m) => delete m["midst.architecture"],
      "it holds weights but no architecture. Build the network in code",
    ],
    [
      "the architecture is no JSON",
      (_, m) => (m["midst.architecture"] = "{"),
      'the metadata "midst.architecture" is not JSON.',
    ],
    [
      "the architecture is another value",
      (_, m) => (m["midst.architecture"] = "null"),
      "architecture: should be an object, not null.",
    ],
    ["a layer is unknown", architecture((j) => (stepAt(j, 0).kind = "conv9d")), '"conv9d" is no layer.'],
    [
      "an option is unknown",
      architecture((j) => (stepAt(j, 0).options = { filters: 3, kernel: 3, wings: 2 })),
      'conv2d: unknown option "wings".',
    ],
    [
      "an option is out of range",
      architecture((j) => (stepAt(j, 0).options = { filters: -3, kernel: 3 })),
      "conv2d: filters must be a whole number",
    ],
    [
      "a layer is enormous",
      architecture((j) => (stepAt(j, 5).options = { units: 2 ** 28, name: "scores" })),
      "scores.bias: expected float32[268435456], got float32[2].",
    ],
    [
      "a bilinear matrix is enormous",
      architecture((j) =>
        Object.assign(stepAt(j, 0), { kind: "upsample", options: { factor: 1e9, mode: "bilinear" } }),
      ),
      "is too large",
    ],
    [
      "layers do not fit each other",
      architecture((j) => Object.assign(stepAt(j, 4), { kind: "dense", options: { units: 2 } })),
      "dense_1: expected [batch, features]",
    ],
    [
      "the input is another",
      architecture((j) => (j.inputs = { input: { shape: [1, 7, 7], dtype: "float32" } })),
      "scores.weight: expected float32[2, 147], got float32[2, 108].",
    ],
    [
      "nested layers are broken",
      architecture((j) => (stepAt(j, 1).options = { layers: 3 })),
      "layers, shortcut, after must be lists of layers",
    ],
    [
      "nested layers refer to nothing",
      architecture((j) => (stepAt(j, 1).options = { layers: [5] })),
      "residual: has no layer 5 before it.",
    ],
    ["the encoding is broken", (_, m) => (m["midst.encoding"] = '{"kind":"images"}'), "encoding"],
  ] as [string, (tensors: Record<string, Tensor>, metadata: Record<string, string>) => unknown, string][])(
    "%s: the error names the file and what is wrong",
    async (_, change, message) => {
      const bytes = await altered(change as never);
      const loading = () => loadBytes(bytes, { name: "plants.safetensors" });
      expect(loading).toThrow(FormatError);
      expect(loading).toThrow(message);
      expect(loading, "the file is named once").toThrow(/^plants\.safetensors: (?!plants)/);
    },
  );

  it("cut short anywhere is refused", async () => {
    const bytes = saveBytes(await trained());
    for (const length of [0, 7, 8, 9, 100, 1000, bytes.length - 4, bytes.length - 1]) {
      const loading = () => loadBytes(bytes.subarray(0, length), { name: "cut" });
      expect(loading, `${length} bytes`).toThrow(FormatError);
      expect(loading, `${length} bytes`).toThrow(/^cut: /);
    }
  });

  it("with any byte of its header changed is refused, or is still a network", async () => {
    const bytes = saveBytes(await trained());
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 0; at < header; at += 13) {
      const spoiled = bytes.slice();
      spoiled[at] = (spoiled[at] as number) ^ 0x15;
      try {
        loadBytes(spoiled, { name: "spoiled" }).traced(true);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });

  it("refuses options it does not know", async () => {
    const bytes = saveBytes(await trained());
    expect(() => loadBytes(bytes, { nmae: "x" } as never)).toThrow('unknown option "nmae". Did you mean "name"?');
  });
});

describe("files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "midst-save-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are saved and loaded by path, whole or not at all", async () => {
    const net = await trained();
    const path = join(folder, "net.safetensors");
    await save(net, path);
    expect(await readdir(folder)).toEqual(["net.safetensors"]);
    expect((await (await load(path)).predict(pictures)).data).toEqual((await net.predict(pictures)).data);
    await writeFile(path, "nonsense");
    await expect(load(path)).rejects.toThrow(FormatError);
    await expect(load(path)).rejects.toThrow(path);
  });
});
