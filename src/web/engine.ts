import type { Engine, Ort } from "../runtime/index.js";
import { ortEngine } from "../runtime/index.js";

/**
 * ONNX Runtime as WebAssembly in a page. It uses several threads where the page is cross-origin isolated (headers
 * `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`), else one.
 */
export async function webEngine(): Promise<Engine> {
  const ort: Ort = await import("onnxruntime-web");
  return ortEngine(ort, {
    name: `onnxruntime-web ${ort.env.versions.web} (WebAssembly)`,
    writesInPlace: false,
    sessionOptions: ({ purpose }) => ({
      graphOptimizationLevel: purpose === "training" ? "basic" : "all",
      logSeverityLevel: 3,
    }),
  });
}
