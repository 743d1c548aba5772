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
export { readSound, type SoundFolderOptions, type SoundFolders, soundFolder, soundFolders } from "./sound.js";
export { type ReadTextOptions, readText, type TextFolders, textFolder, textFolders } from "./text.js";
export { type TextFile, type TextFileOptions, textFile } from "./textFile.js";
