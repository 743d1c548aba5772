import { dense, type Game, gan, type Latent, sequential } from "../../src/index.js";
import { plant } from "./networks.js";

/** A game of points whose generator is `W z + b` and whose discriminator is `w x + c`. */
export function linearGame({
  weight = [1, 0, 0, 1],
  bias = [0, 0],
  w = [1, 0],
  c = 0,
  latent = 2 as number | Latent,
} = {}): Game {
  const size = typeof latent === "number" ? latent : latent.size;
  const generator = plant(sequential({ input: [size] }, dense(2)), { "dense_1.weight": weight, "dense_1.bias": bias });
  const discriminator = plant(sequential({ input: [2] }, dense(1)), { "dense_1.weight": w, "dense_1.bias": [c] });
  return gan({ generator, discriminator, latent });
}
