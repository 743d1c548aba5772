export { nativeEngine, nodeEngine, wasmEngine } from "./engine.js";
export { readBytes, writeBytes } from "./files.js";
export {
  type ImageFolder,
  type ImageFolderOptions,
  type ImageFolders,
  imageFiles,
  imageFolder,
  imageFolders,
} from "./imageFolder.js";
export { readImage } from "./images.js";
export { encodePng, writePng } from "./png.js";
export { runFolder } from "./runFolder.js";
export { exportOnnx, load, save } from "./save.js";
