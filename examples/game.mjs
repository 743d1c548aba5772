// A game in the plane: a generator learns eight Gaussians on a ring, a discriminator tells its points from real ones.
// Prints how it goes, and writes the game as a picture, game.svg, into the folder for temporary files.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adam, cosine, play } from "midst";
import { ringOfGaussians } from "midst/data";
import {
  discriminatorSurface,
  gameChart,
  gameWarnings,
  generatorArrows,
  generatorManifold,
  modesCovered,
  shareNearModes,
} from "midst/look";
import { mixtureGame } from "midst/nets";

const ring = ringOfGaussians({ count: 4096, deviation: 0.05 });
const game = mixtureGame({ seed: 1 });
const [epochs, batchSize] = [120, 256];
const steps = (epochs * ring.length) / batchSize;

const { history } = await play(game, ring, {
  optimizer: adam({ learningRate: cosine(1e-3, steps), beta1: 0.5 }),
  instanceNoise: (step) => 0.5 * Math.max(0, 1 - step / (0.6 * steps)), // the Gaussians overlap at first
  ...{ epochs, batchSize, average: 0.99, seed: 1 },
  measures: [modesCovered(ring), shareNearModes(ring)],
  samples: { every: 20 },
  callbacks: [gameWarnings(game, ring)],
  progress: false,
});
for (const { epoch, training, validation } of history)
  if (validation)
    console.log(
      `epoch ${epoch}: ${validation.modes} of 8 modes, ${(100 * validation["near modes"]).toFixed(0)} % of points near one;`,
      `the discriminator's loss ${training.loss.toFixed(3)}, the generator's ${training["generator loss"].toFixed(3)}`,
    );

const arrows = await generatorArrows(game, { count: 150 });
const surface = await discriminatorSurface(game, { low: -3, high: 3 });
const manifold = await generatorManifold(game);
const { inputs } = ring.batch(Uint32Array.from({ length: 300 }, (_, i) => i));
const file = join(tmpdir(), "game.svg");
const parts = { surface: surface.value, manifold: manifold.value, arrows: arrows.value, fake: arrows.value.examples };
writeFileSync(file, gameChart({ ...parts, real: inputs.input }));
console.log(
  `drawn in ${file}; the checks: ${[surface, manifold, arrows].map(({ check }) => check.toExponential(1)).join(", ")}`,
);
