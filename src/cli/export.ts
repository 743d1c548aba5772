import { exportOnnx, load } from "../node/index.js";
import { type CommonOptions, print } from "./output.js";

/** midst export NET OUT.onnx */
export async function exportNet(file: string, out: string, options: CommonOptions): Promise<void> {
  const net = await load(file);
  await exportOnnx(net, out);
  const inputs = Object.fromEntries(
    Object.entries(net.architecture.inputs).map(([name, { shape }]) => [name, ["batch", ...shape]]),
  );
  const text = Object.entries(inputs)
    .map(([name, shape]) => `${name} [${shape.join(", ")}]`)
    .join(", ");
  print(options, `saved ${out}, inputs: ${text}`, { saved: out, inputs });
}
