// The peers' side of the protocol: JSON lines in and out. See README.md.
import { createInterface } from "node:readline";
import { makeWorkload } from "./workload.mjs";

/**
 * @param peer { peer, version }, part of the answer to "setup"
 * @param setup async (workload) => { step, loss, about?, cap?, dispose? }: `step` runs one training step or one inference to its
 *   end, `loss` gives the last step's loss, `about` says how it runs, `cap` is the most steps worth waiting for
 */
export async function serve(peer, setup) {
  let session;
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const commands = {
    async setup({ workload }) {
      session?.dispose?.();
      session = await setup(makeWorkload(workload));
      say({ ready: true, ...peer, workload, about: session.about, cap: session.cap });
    },
    async steps({ count }) {
      const ms = [];
      for (let i = 0; i < Math.min(count, session.cap ?? count); i++) {
        const start = performance.now();
        await session.step();
        ms.push(performance.now() - start);
      }
      say({ ms, loss: await session.loss(), peak: process.resourceUsage().maxRSS / 1024 });
    },
    async quit() {
      process.exit(0);
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "") continue;
    const message = JSON.parse(line);
    try {
      const command = commands[message.cmd];
      if (command === undefined) throw new Error(`There is no command "${message.cmd}".`);
      await command(message);
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit(0);
}
