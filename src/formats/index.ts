export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.js";
export { eventFileName, fileVersion, type Summary, sessionStart, summaries } from "./tensorBoard.js";
export { histogramOf } from "./tensorBoardHistogram.js";
