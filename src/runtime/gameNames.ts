// Names in a game's graphs, besides those of a step's. What is the discriminator's has its name before it; what is the
// generator's has not, so that a checkpoint opens as the generator.

export const DISCRIMINATOR = "discriminator/";
/** Real examples. */
export const EXAMPLES = "game/examples";
export const LATENT = "game/latent";
/** How much of a real example is in one between a real and a made one. */
export const MIX = "game/mix";
/** Added to examples before they are judged: normal noise, of deviation 1, and the deviation it is given. */
export const REAL_NOISE = "game/noise/real";
export const FAKE_NOISE = "game/noise/fake";
export const DEVIATION = "game/deviation";
export const REAL_SCORES = "scores/real";
export const FAKE_SCORES = "scores/fake";

export const condition = (name: string): string => `condition/${name}`;
