import { OptionError } from "../base/errors.js";
import type { LatentEncoding } from "../data/index.js";
import { type Network, sample, type Tensor } from "../index.js";
import { latentWalk } from "../look/index.js";
import { concatRows, drawLatent, rowsOf } from "../runtime/index.js";
import { classesFor } from "./latent.js";

export interface MakeOptions {
  /** Pictures, or walks. Defaults to 64 or 8; in a terminal to two rows, or one of each class. */
  readonly count?: number;
  /** The class that all are of; defaults to all classes in turn. */
  readonly class?: string;
  /** Pictures of a walk, both ends included. */
  readonly walk?: number;
  readonly seed: number;
  /** Of a terminal: how many fit side by side. */
  readonly across?: number;
}

/** What was made, row by row. */
export interface MadePictures {
  /** `[pictures, ...picture]` */
  readonly pictures: Tensor;
  /** What each is called: no two are called the same. */
  readonly names: readonly string[];
  /** Of each. */
  readonly classes?: readonly string[];
  /** Pictures in a row. */
  readonly columns: number;
  readonly about: string;
}

/** Pictures at once, at most. */
const MOST = 10_000;

/** Pictures that a generator makes of a seed's noise; or walks, each from one of these to the next that is not yet taken. */
export async function makePictures(
  net: Network,
  file: string,
  encoding: LatentEncoding,
  options: MakeOptions,
): Promise<MadePictures> {
  const { walk, across, seed } = options;
  const usual = walk === undefined ? 64 : 8;
  const few = walk === undefined ? Math.max(encoding.classes?.length ?? 0, 2 * (across ?? 0)) : 2;
  const count = options.count ?? (across === undefined ? usual : few);
  if (count * (walk ?? 1) > MOST)
    throw new OptionError(`and --walk ask for ${count * (walk ?? 1)} pictures, at most ${MOST} are made at once.`, {
      place: "--count",
      expected: MOST,
      actual: count,
    });
  const told = classesFor(net, file, encoding, count, options.class);
  const ofClass = options.class === undefined ? "" : ` of ${options.class}`;
  if (walk !== undefined) {
    const pictures = await walks(net, encoding, { count, steps: walk - 1, seed, conditions: told?.conditions ?? {} });
    const names = numbers(count, walk);
    const about = `${count} walks${ofClass} of ${walk} pictures, a row each, by the noise of seed ${seed}`;
    const classes = told && { classes: told.names.flatMap((name) => Array.from({ length: walk }, () => name)) };
    return { pictures, names, columns: walk, about, ...classes };
  }
  const pictures = await sample(net, { count, seed, ...(told && { conditions: told.conditions }) });
  const inTurn = told !== undefined && options.class === undefined ? encoding.classes?.length : undefined;
  const columns = Math.min(across ?? inTurn ?? Math.ceil(Math.sqrt(count)), count);
  const classes = inTurn === undefined ? "" : `, in turn ${encoding.classes?.join(", ")}`;
  const about = `${count} pictures${ofClass}, ${columns} in a row${classes}, by the noise of seed ${seed}`;
  return { pictures, names: numbers(count), columns, about, ...(told && { classes: told.names }) };
}

interface Walks {
  readonly count: number;
  readonly steps: number;
  readonly seed: number;
  /** One row a walk. */
  readonly conditions: Readonly<Record<string, Tensor>>;
}

/** Walk i goes from picture 2i of the seed to picture 2i + 1: on the sphere, where the noise is normal. */
async function walks(net: Network, { size, noise }: LatentEncoding, { count, steps, seed, conditions }: Walks) {
  const stops = drawLatent({ size, noise }, 2 * count, seed);
  const rows: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const [from, to] = [rowsOf(stops, 2 * i, 2 * i + 1), rowsOf(stops, 2 * i + 1, 2 * i + 2)];
    const own = Object.entries(conditions).map(([name, values]) => [name, rowsOf(values, i, i + 1)]);
    const walk = await latentWalk(net, { from, to, steps, conditions: Object.fromEntries(own) });
    rows.push(walk.value.examples);
  }
  return concatRows(rows.map((examples) => ({ examples }))).examples as Tensor;
}

/** Of files, in order of name: `picture-01`; of walks `walk-1-picture-01`. */
function numbers(count: number, walk?: number): string[] {
  const padded = (i: number, of: number) => String(i + 1).padStart(String(of).length, "0");
  const all = (of: number, before = "") => Array.from({ length: of }, (_, i) => `${before}picture-${padded(i, of)}`);
  if (walk === undefined) return all(count);
  return Array.from({ length: count }, (_, i) => all(walk, `walk-${padded(i, count)}-`)).flat();
}
