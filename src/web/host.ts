import { registerDefaultEngine } from "../runtime/index.js";
import { webEngine } from "./engine.js";

registerDefaultEngine(webEngine);
