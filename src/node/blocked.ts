import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { valueInfo } from "../onnx/encode.js";
import { ModelProtoSchema, NodeProtoSchema, OperatorSetIdProtoSchema } from "../onnx/generated/onnx_pb.js";
import type { OnnxModel } from "../onnx/index.js";
import type { Ort } from "../runtime/index.js";
import { BlockedPass } from "./blockedPass.js";
import { NCHWC } from "./blockedWriter.js";

/** A model rewritten, and whether that works only for the lengths it was made for. */
export interface BlockedModel {
  readonly bytes: Uint8Array;
  readonly needsLengths: boolean;
}

/**
 * Convolutions in the blocked layout of ORT's CPU kernels (NCHWc, a block of channels innermost), which are faster, and
 * with them what is done to their results on the way to the next: sums, batch norm, everything element by element.
 * ORT itself goes over to it only where filters are constant, that is, in inference; this does it for training, with
 * the filters re-blocked in the graph. Only convolutions of one group whose channels fill whole blocks are changed.
 * @param block channels in a block, see `channelBlock`
 * @param lengths what symbolic lengths will be, where that is known, e.g. `{ batch: 32 }`
 * @returns undefined where there is nothing to change
 */
export function blockChannels(
  model: OnnxModel,
  block: number,
  lengths: Readonly<Record<string, number>> = {},
): BlockedModel | undefined {
  const file = fromBinary(ModelProtoSchema, model.bytes);
  const { graph } = file;
  if (graph === undefined) return undefined;
  const pass = new BlockedPass(graph, model, block, lengths);
  const nodes = pass.run();
  if (nodes === undefined) return undefined;
  graph.node = nodes;
  const used = new Set(nodes.flatMap(({ input }) => input));
  graph.initializer = [...graph.initializer, ...pass.write.initializers].filter(({ name }) => used.has(name));
  for (const domain of new Set(nodes.map((node) => node.domain)))
    if (file.opsetImport.every((known) => known.domain !== domain))
      file.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  return { bytes: toBinary(ModelProtoSchema, file), needsLengths: pass.needsLengths };
}

/** How many channels ORT's kernels keep together on this processor (16 or 8); undefined where they have no blocked layout. */
export async function channelBlock(ort: Ort): Promise<number | undefined> {
  const shape = [1, PROBED, 1, 2];
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ version: 21n }, { domain: NCHWC, version: 1n }],
    graph: {
      name: "probe",
      node: [create(NodeProtoSchema, { opType: "ReorderInput", domain: NCHWC, input: ["x"], output: ["y"] })],
      input: [valueInfo("x", { dtype: "float32", shape })],
      output: [valueInfo("y", { dtype: "float32", shape })],
    },
  });
  try {
    const session = await ort.InferenceSession.create(toBinary(ModelProtoSchema, model), { logSeverityLevel: 4 });
    // Position 1 of channel 0 comes right after position 0 of the channels of the first block.
    const x = Float32Array.from({ length: 2 * PROBED }, (_, i) => i);
    const y = (await session.run({ x: new ort.Tensor("float32", x, shape) })).y?.data as Float32Array | undefined;
    await session.release();
    const block = y?.indexOf(1) ?? 0;
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}

/** More channels than any block has. */
const PROBED = 64;
