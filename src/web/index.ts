export { webEngine } from "./engine.js";
