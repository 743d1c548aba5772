// Where a training step's time goes: node bench/lowering/profile.mjs workload [nodes shown] [threads] [in-order]

import { printProfile, profiled } from "./profiling.mjs";
import { calm } from "./quiet.mjs";
import { trainingStep } from "./training.mjs";

const [name = "conv", shown = "40", threads, inOrder] = process.argv.slice(2);
const options = threads === undefined ? {} : { intraOpNumThreads: Number(threads) };
const profile = await profiled(async (engine) => {
  const { step, program } = await trainingStep(name, engine);
  // In short bursts, when nobody else uses the cores, or after half a second of waiting for that.
  for (let burst = 0; burst < 15; burst++) {
    await calm(performance.now() + 500);
    const until = performance.now() + 150;
    while (performance.now() < until) await step();
  }
  return program.ortSession;
}, options);
printProfile(profile, Number(shown), inOrder !== undefined);
