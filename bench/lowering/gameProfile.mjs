// Where the time of a game's round goes: node bench/lowering/gameProfile.mjs [nodes shown] [in-order]
// Without arguments, its time as one graph and as two, in turns.
import { gameRound } from "./game.mjs";
import { printProfile, profiled } from "./profiling.mjs";
import { calm, inTurn, repeating, show } from "./quiet.mjs";
import { engineWith } from "./session.mjs";

const [shown, inOrder] = process.argv.slice(2);
if (shown === undefined) {
  const rounds = {
    "one graph": await gameRound("dcgan32", engineWith()),
    "two graphs": await gameRound("dcgan32", engineWith(), false),
  };
  for (const [way, { step, losses }] of Object.entries(rounds)) {
    const first = [];
    for (let i = 0; i < 3; i++) {
      await step();
      first.push(
        losses()
          .map((x) => x.toFixed(5))
          .join("+"),
      );
    }
    console.log(way, first.join(" "));
  }
  const contenders = Object.entries(rounds).map(([way, { step }]) => [way, { block: repeating(step, 400) }]);
  const results = await inTurn(Object.fromEntries(contenders), { seconds: 40 });
  for (const [way, result] of Object.entries(results)) console.log(`${way.padEnd(12)} ${show(result)}`);
} else {
  const profile = await profiled(async (engine) => {
    const { step, programs } = await gameRound("dcgan32", engine);
    for (let burst = 0; burst < 10; burst++) {
      await calm(performance.now() + 500);
      const until = performance.now() + 250;
      while (performance.now() < until) await step();
    }
    return programs[0].ortSession;
  });
  printProfile(profile, Number(shown), inOrder !== undefined);
}
process.exit(0);
