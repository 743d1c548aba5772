import { concat, dense, embedding, type Game, gan, type Latent, network, sequential } from "../../src/index.js";
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

/** The generator passes its noise on, moved right by 10 under label 1; the score is x, less 8 under label 1. */
export function conditionalGame(): Game {
  const label = { shape: [], dtype: "int32" } as const;
  const both = concat();
  const generator = plant(
    network({ latent: [2], label }, ({ latent, label }) => dense(2)(both(latent, embedding(2, 1)(label)))),
    { "dense_1.weight": [1, 0, 1, 0, 1, 0], "dense_1.bias": [0, 0], "embedding_1.weight": [0, 10] },
  );
  const discriminator = plant(
    network({ input: [2], label }, ({ input, label }) => dense(1)(both(input, embedding(2, 1)(label)))),
    { "dense_1.weight": [1, 0, 1], "dense_1.bias": [0], "embedding_1.weight": [0, -8] },
  );
  return gan({ generator, discriminator });
}
