import { registerDefaultEngine } from "../runtime/index.js";
import { registerTrainingHost } from "../train/index.js";
import { nodeEngine } from "./engine.js";
import { nodeTrainingHost } from "./progress.js";

registerDefaultEngine(() => nodeEngine());
registerTrainingHost(nodeTrainingHost);
