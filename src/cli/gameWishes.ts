import { OptionError } from "../base/errors.js";
import { wordFor } from "./output.js";

/** What two networks can play for, as the command line has it. */
export const objectiveNames = [
  "non-saturating",
  "minimax",
  "least-squares",
  "hinge",
  "wasserstein-clip",
  "wasserstein-penalty",
] as const;
export type ObjectiveName = (typeof objectiveNames)[number];

/** What of a game can be asked for, and of nothing else. */
export interface GameWishes {
  readonly gan?: boolean;
  readonly objective?: ObjectiveName;
  /** Numbers of noise. */
  readonly latent?: number;
  /** Channels of the hidden layer next to the picture. */
  readonly features?: number;
  readonly conditional?: boolean;
  readonly discriminatorSteps?: number;
  readonly discriminatorLearningRate?: number;
  readonly smoothing?: number;
  readonly r1?: number;
  readonly instanceNoise?: number;
}

const own = [
  "objective",
  "latent",
  "features",
  "conditional",
  "discriminatorSteps",
  "discriminatorLearningRate",
  "smoothing",
  "r1",
  "instanceNoise",
] as const satisfies readonly (keyof GameWishes)[];

/** What else of `midst train` means something for a game. */
const shared: readonly string[] = [
  ...["gan", "out", "run", "resume", "checkpointSteps", "keepCheckpoints", "seed", "json", "debug"],
  ...["epochs", "batchSize", "learningRate", "clipNorm", "clipValue", "average"],
  ...["size", "grey", "skipBad", "augment"],
];

/** Those of the options that make a game. Throws for one that makes none without --gan, or means nothing with it. */
export function gameWishes(options: GameWishes): GameWishes | undefined {
  const given = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !(name === "net" && value === "auto"))
    .map(([name]) => name);
  if (!options.gan) {
    const idle = own.find((name) => given.includes(name));
    if (idle === undefined) return undefined;
    throw new OptionError("is for two networks that play against each other. Ask for them: --gan.", {
      place: wordFor(idle),
    });
  }
  const idle = given.find((name) => !shared.includes(name) && !(own as readonly string[]).includes(name));
  if (idle !== undefined)
    throw new OptionError("means nothing for two networks that play against each other. Leave it out, or --gan.", {
      place: wordFor(idle),
    });
  return Object.fromEntries(own.filter((name) => given.includes(name)).map((name) => [name, options[name]]));
}
