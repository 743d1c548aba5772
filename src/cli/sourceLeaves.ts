import type { Encoding } from "../data/index.js";
import { drawnLeaves, leafKinds } from "../data/leaves/index.js";
import type { Source, SourceOptions } from "./data.js";

const PER_CLASS = { training: 160, test: 40 };

/** The embedded drawn leaves: the test pictures come from another seed. */
export function leavesSource({ seed, size = 64 }: SourceOptions): Source {
  const options = { seed, size };
  const training = drawnLeaves({ perClass: PER_CLASS.training, ...options });
  const test = drawnLeaves({ perClass: PER_CLASS.test, size, seed: seed + 1 });
  return {
    about: `drawn leaves: ${leafKinds.length} kinds, ${training.length} pictures to train on and ${test.length} to test, ${size}x${size}, drawn by a program, not photographed`,
    training,
    test,
    encoding: training.encoding as Encoding,
    classes: leafKinds,
    code: [
      `const training = drawnLeaves({ perClass: ${PER_CLASS.training}, seed: ${seed}, size: ${size} });`,
      `const test = drawnLeaves({ perClass: ${PER_CLASS.test}, seed: ${seed + 1}, size: ${size} });`,
    ],
    imports: { "midst/data": ["drawnLeaves"] },
  };
}
