import { type Dataset, dataset, random, tensor } from "midst";

/**
 * The adding problem (Hochreiter & Schmidhuber 1997): steps of a number from [0, 1) and a mark; one number in each half is
 * marked, and the answer is the sum of both. `[time, 2] -> [1]`. Who always answers 1 has an MSE of 1/6.
 */
export function addingProblem(count: number, time: number, seed: number): Dataset {
  const draws = random(seed, "adding");
  const steps = new Float32Array(count * time * 2);
  const sums = new Float32Array(count);
  const half = Math.floor(time / 2);
  for (let row = 0; row < count; row++) {
    const marked = [draws.below(half), half + draws.below(time - half)];
    for (let t = 0; t < time; t++) {
      const number = draws.next();
      const at = (row * time + t) * 2;
      steps[at] = number;
      if (!marked.includes(t)) continue;
      steps[at + 1] = 1;
      sums[row] = (sums[row] as number) + (steps[at] as number);
    }
  }
  return dataset({ input: tensor(steps, [count, time, 2]), target: tensor(sums, [count, 1]) });
}

const [START, A, B] = [1, 2, 3];
/** The tokens of `countingTask`: padding, the start, a, b; and what may follow: a, b or the end. */
export const COUNTING = { tokens: 4, answers: 3 };

/**
 * a^n b^n (Gers & Schmidhuber 2001): the start, n times a, n times b, for each n given. Asked is what follows each b:
 * another b, or, after as many b as there were a, the end. `[time] -> [time]`, int32; all other steps are labelled -1.
 */
export function countingTask(counts: readonly number[], time: number): Dataset {
  const tokens = new Int32Array(counts.length * time);
  const labels = new Int32Array(counts.length * time).fill(-1);
  const [anotherB, end] = [1, 2];
  counts.forEach((n, row) => {
    const first = row * time;
    tokens[first] = START;
    tokens.fill(A, first + 1, first + 1 + n);
    tokens.fill(B, first + 1 + n, first + 1 + 2 * n);
    labels.fill(anotherB, first + 1 + n, first + 2 * n);
    labels[first + 2 * n] = end;
  });
  const shape = [counts.length, time];
  return dataset({ input: tensor(tokens, shape), target: tensor(labels, shape) });
}

export interface CopyTask {
  /** How many different ones there are. */
  readonly letters: number;
  /** How many are to be copied. */
  readonly length: number;
  /** How many blanks stand between. */
  readonly delay: number;
}

/**
 * The copy task (Hochreiter & Schmidhuber 1997, as of Arjovsky et al. 2016): some letters, blanks, and as many signs to say
 * the letters again, in their order. `[time] -> [time]`, int32, of letters + 2 tokens; only the answers are labelled.
 */
export function copyTask(count: number, { letters, length, delay }: CopyTask, seed: number): Dataset {
  const draws = random(seed, "copy");
  const [blank, sign] = [letters, letters + 1];
  const time = 2 * length + delay;
  const tokens = new Int32Array(count * time).fill(blank);
  const labels = new Int32Array(count * time).fill(-1);
  for (let row = 0; row < count; row++)
    for (let i = 0; i < length; i++) {
      const letter = draws.below(letters);
      tokens[row * time + i] = letter;
      tokens[row * time + length + delay + i] = sign;
      labels[row * time + length + delay + i] = letter;
    }
  const shape = [count, time];
  return dataset({ input: tensor(tokens, shape), target: tensor(labels, shape) });
}
