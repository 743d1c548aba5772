// Why deep networks were hard to train, in one chart: what becomes of activations and gradients along 44 layers, in a
// plain network that starts with small weights, and with one thing changed at a time.
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crossEntropy } from "midst";
import { drawnLeaves } from "midst/data";
import { depthChart, depthProfile } from "midst/look";
import { plain, resnet } from "midst/nets";

const leaves = drawnLeaves({ perClass: 4, size: 32 });
const options = { depth: 44, classes: leaves.classes.length, norm: false, initializer: { normal: 0.03 } };
const networks = {
  "plain, small weights": plain(options),
  "with ways around (residual)": resnet(options),
  "with batch normalisation": plain({ ...options, norm: true }),
  "with He's initialisation": plain({ ...options, initializer: "he" }),
};

const profiles = {};
for (const [name, net] of Object.entries(networks)) {
  const { value, check } = await depthProfile(net, leaves, { loss: crossEntropy(), samples: 16 });
  profiles[name] = value;
  const [first, last] = [value.layers[0], value.layers.at(-1)];
  const ends = `${first.gradient.toExponential(1)} at ${first.layer}, ${last.gradient.toExponential(1)} at ${last.layer}`;
  console.log(`${name}: gradient ${ends} (check ${check.toExponential(1)})`);
}
const file = join(tmpdir(), "midst-depth.svg");
await writeFile(file, depthChart(profiles, { title: "44 layers, before training" }));
console.log(`wrote ${file}`);
