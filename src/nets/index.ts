export { type DcganOptions, dcgan } from "./dcgan.js";
export { type DenseGanOptions, denseGan, type MixtureGameOptions, mixtureGame } from "./denseGan.js";
export { type DeepOptions, plain, type ResnetOptions, resnet } from "./resnet.js";
