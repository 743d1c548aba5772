import { registerVaryPictures } from "../data/augment.js";
import { registerDefaultEngine } from "../runtime/index.js";
import { registerTrainingHost } from "../train/index.js";
import { augmentThreads } from "./augmentThreads.js";
import { nodeEngine } from "./engine.js";
import { nodeTrainingHost } from "./progress.js";

registerDefaultEngine(() => nodeEngine());
registerTrainingHost(nodeTrainingHost);
registerVaryPictures(augmentThreads());
