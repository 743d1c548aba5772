import { registerDefaultEngine } from "../runtime/engine.js";
import { nodeEngine } from "./engine.js";

registerDefaultEngine(nodeEngine);
