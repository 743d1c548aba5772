import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { parseDim, resolveShape } from "../base/shape.js";
import { zeros } from "../base/tensor.js";
import { input } from "../graph/index.js";
import { ModelProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from "../onnx/generated/onnx_pb.js";
import { lower, type OnnxModel } from "../onnx/index.js";
import { add } from "../ops/index.js";
import type { Ort } from "../runtime/index.js";

// onnxruntime-node copies every result of a run into new arrays, those that were written in place too, which takes as
// long as the whole training step of a perceptron. It copies in the order of the outputs and gives up, with an error,
// at the first that is no tensor; by then everything is written. So a training session gets such an output in front,
// every other output an array to be written to, and that error is what success looks like.

type Results = Record<string, OrtTensor>;
type Fetches = Readonly<Record<string, OrtTensor | null>>;

const STOP = "midst/stop";

/** The words with which this build of onnxruntime-node gives up; undefined where it does not, or writes nothing. */
export async function stopWords(ort: Ort): Promise<string | undefined> {
  try {
    const x = input("x", ["batch"]);
    const { bytes } = lower({ inputs: { x }, outputs: { y: add(x, x) } });
    const session = await ort.InferenceSession.create(withStop(bytes), { logSeverityLevel: 4 });
    const y = new ort.Tensor("float32", new Float32Array(2), [2]);
    const feeds = { x: new ort.Tensor("float32", Float32Array.of(1, 2), [2]) };
    const words = await session.run(feeds, { [STOP]: null, y }).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : undefined),
    );
    await session.release();
    return y.data[0] === 2 && y.data[1] === 4 ? words : undefined;
  } catch {
    return undefined;
  }
}

/** The binding with sessions for a model that write results in place, copying none. */
export function writingInPlace(ort: Ort, model: OnnxModel, words: string): Ort {
  const sessions = {
    create: async (bytes: Uint8Array, options: InferenceSession.SessionOptions) => {
      const session = await ort.InferenceSession.create(withStop(bytes), options);
      return {
        run: async (feeds: Results, fetches: Fetches): Promise<Results> => {
          const results = arraysFor(ort, model, feeds, fetches);
          await session.run(feeds, { [STOP]: null, ...results }).catch((error: unknown) => {
            if (!(error instanceof Error) || error.message !== words) throw error;
          });
          return results;
        },
        release: () => session.release(),
      };
    },
  };
  return { Tensor: ort.Tensor, env: ort.env, InferenceSession: sessions as unknown as Ort["InferenceSession"] };
}

/** The arrays given for outputs, and new ones for the rest. */
function arraysFor(ort: Ort, { inputs, outputs }: OnnxModel, feeds: Results, fetches: Fetches): Results {
  const symbols: Record<string, number> = {};
  for (const [name, { shape }] of Object.entries(inputs))
    shape.forEach((dim, axis) => {
      const { factor, symbol } = parseDim(dim);
      if (symbol !== "") symbols[symbol] = ((feeds[name] as OrtTensor).dims[axis] as number) / factor;
    });
  const results: Results = {};
  for (const [name, type] of Object.entries(outputs)) {
    const given = fetches[name];
    if (given) {
      results[name] = given;
      continue;
    }
    const { dtype, shape, data } = zeros(resolveShape(type.shape, symbols), type.dtype);
    results[name] = new ort.Tensor(dtype, data as never, shape as number[]);
  }
  return results;
}

/** The model with a first output that is no tensor but a sequence. */
function withStop(bytes: Uint8Array): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  const [first] = graph?.output ?? [];
  if (graph === undefined || first === undefined) return bytes;
  graph.node.push(
    create(NodeProtoSchema, { name: STOP, opType: "SequenceConstruct", input: [first.name], output: [STOP] }),
  );
  graph.output.unshift(create(ValueInfoProtoSchema, { name: STOP }));
  return toBinary(ModelProtoSchema, model);
}
