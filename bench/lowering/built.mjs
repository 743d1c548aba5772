// The built library; MIDST_DIST names another build, such as one made with `npx tsc --outDir`.
import { pathToFileURL } from "node:url";

const root = process.env.MIDST_DIST
  ? `${pathToFileURL(process.env.MIDST_DIST)}/`
  : new URL("../../dist/", import.meta.url);

/** A module of the built library, e.g. `onnx/index.js`. */
export const built = (path) => import(new URL(path, root));
