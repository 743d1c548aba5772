export { type DeepOptions, plain, type ResnetOptions, resnet } from "./resnet.js";
