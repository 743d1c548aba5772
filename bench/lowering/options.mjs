// Session options compared on a workload: node bench/lowering/options.mjs workload [seconds]
// (Spinning that outlasts a run cannot be compared beside others: it takes their cores.)
import { inTurn, repeating, show } from "./quiet.mjs";
import { engineWith } from "./session.mjs";
import { trainingStep } from "./training.mjs";

const [name = "mlp", seconds = "50", only] = process.argv.slice(2);
const stop = { extra: { session: { force_spinning_stop: "1" } } };
const ways = {
  "as set": {},
  "not blocked": { blocked: false },
  "results copied": { inPlace: false },
  "no spinning": { extra: { session: { intra_op: { allow_spinning: "0" } } } },
  "one thread": { intraOpNumThreads: 1 },
  "optimisation disabled": { graphOptimizationLevel: "disabled" },
  "optimisation basic": { graphOptimizationLevel: "basic" },
  "optimisation all": { graphOptimizationLevel: "all" },
  "memory pattern": { enableMemPattern: true },
  "no arena": { enableCpuMemArena: false },
  "dynamic block base 4": { extra: { session: { ...stop.extra.session, dynamic_block_base: "4" } } },
  "denormals as zero": { extra: { session: { ...stop.extra.session, set_denormal_as_zero: "1" } } },
};
const contenders = {};
for (const [way, options] of Object.entries(ways).filter(([way]) => only === undefined || way.match(only)))
  contenders[way] = { block: repeating((await trainingStep(name, engineWith(options))).step, 150) };
const results = await inTurn(contenders, { seconds: Number(seconds), blocks: 6 });
for (const [way, result] of Object.entries(results)) console.log(`${way.padEnd(28)} ${show(result)}`);
process.exit(0);
