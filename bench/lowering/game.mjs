// One round of a game of two networks: an update of the discriminator, then one of the generator through the updated
// discriminator, on the same made pictures. As one graph, or as two whose programs run in turn.
import { gameOf, gameOptimizer } from "../peers/networks.mjs";
import { makeWorkload } from "../peers/workload.mjs";
import { built } from "./built.mjs";

const midst = await built("index.js");
const { applyAll, input, inScope, nodesOf } = await built("graph/index.js");
const { lower } = await built("onnx/index.js");
const { add, mul, sum } = await built("ops/index.js");
const { flat, groupsOf, parts } = await built("runtime/weightGroups.js");
const { gradients, nonSaturating, tensor, zeros } = midst;

/** Values of a graph made again with others in the place of some. */
function rebuilt(values, others, scope) {
  const copies = new Map(others);
  const copyOf = (value) => copies.get(value) ?? value;
  for (const node of nodesOf(values)) {
    if (!node.inputs.some((x) => copies.has(x))) continue;
    const made = inScope(`${scope}${node.scope && "/"}${node.scope}`, () =>
      applyAll(node.op, node.inputs.map(copyOf), node.attrs),
    );
    for (const [i, value] of node.outputs.entries()) copies.set(value, made[i]);
  }
  return values.map(copyOf);
}

/** A network's values, traced for training, with names for what a round carries on. */
function playerOf(net, title) {
  const traced = net.traced(true);
  return {
    title,
    traced,
    input: Object.values(traced.inputs)[0],
    output: Object.values(traced.outputs)[0],
    groups: groupsOf(traced.parameters, gameOptimizer(midst)),
  };
}

/** A graph being built: its inputs, its outputs, and what it carries on. */
class Part {
  inputs = {};
  outputs = {};
  state = {};
  constructor(steps) {
    this.steps = steps;
  }
  given(name, shape, value = input(name, shape)) {
    this.inputs[name] ??= value;
    return this.inputs[name];
  }
  weights({ title, traced }) {
    for (const [name, { value }] of traced.parameters) this.given(`${title}/${name}`, value.shape, value);
  }
  /** Adds the updates of a network's weights; returns the new weight of each old one. */
  update({ title, groups }, slopes) {
    const results = new Map();
    const slopeOf = new Map(groups.flatMap(({ members }) => members).map((m, i) => [m.value, slopes[i]]));
    const scalars = Object.fromEntries(
      Object.keys(groups[0].optimizer.scalars(1)).map((name) => [name, this.given(`optimizer/${name}`, [])]),
    );
    const gathered = groups.map(({ members }) => flat(members.map((m) => slopeOf.get(m.value))));
    this.outputs[`${title}/check`] = gathered.map((v) => sum(v)).reduce((a, b) => add(a, b));
    groups.forEach(({ name: group, optimizer, members, shape }, i) => {
      const slots = optimizer.slots.map((slot) => [slot, this.remembered(`${title}/${group}/${slot}`, shape)]);
      const { parameter, state } = optimizer.update({
        parameter: flat(members.map((m) => m.value)),
        gradient: gathered[i],
        state: Object.fromEntries(slots),
        scalars,
      });
      for (const [slot, value] of Object.entries(state)) this.outputs[`next/${title}/${group}/${slot}`] = value;
      parts(parameter, members).forEach((value, k) => {
        results.set(members[k].value, value);
        this.outputs[`next/${title}/${members[k].name}`] = value;
      });
    });
    return results;
  }
  remembered(name, shape) {
    this.state[name] = shape;
    return this.given(name, shape);
  }
  carry({ title }, statistics) {
    for (const [name, value] of statistics) this.outputs[`next/${title}/${name}`] = value;
  }
}

const weightsOf = ({ groups }) => groups.flatMap(({ members }) => members.map(({ value }) => value));
/** The running statistics of a network, as they are and as a batch leaves them. */
const statistics = ({ traced }) =>
  [...traced.updates].map(([name, value]) => [traced.parameters.get(name).value, value]);

/** The discriminator's update by real and made pictures. */
function discriminatorPart(part, judge, fake, objective) {
  part.given("real", judge.input.shape, judge.input);
  part.weights(judge);
  const [fakeScore, ...after] = rebuilt(
    [judge.output, ...judge.traced.updates.values()],
    [[judge.input, fake], ...statistics(judge)],
    "fake",
  );
  const loss = objective.discriminator(judge.output, fakeScore);
  part.outputs["loss/discriminator"] = loss;
  const updated = part.update(judge, gradients(loss, weightsOf(judge)));
  const left = [...judge.traced.updates.keys()].map((name, i) => [judge.traced.parameters.get(name).value, after[i]]);
  return { updated, left: new Map(left) };
}

/** The generator's update through a discriminator whose weights are as given. */
function generatorPart(part, maker, judge, fake, { updated, left }, objective) {
  part.weights(maker);
  // Apart from the rest, so that no gradient goes into how the discriminator was updated.
  const [made, slope] = [input("made", fake.shape), input("slope", fake.shape)];
  const names = [...judge.traced.updates.keys()];
  const [score, ...after] = rebuilt([judge.output, ...judge.traced.updates.values()], [[judge.input, made]], "judged");
  const loss = objective.generator(score);
  const [byMade] = gradients(loss, [made]);
  const [lossHere, slopeHere, ...afterHere] = rebuilt(
    [loss, byMade, ...after],
    [[made, fake], ...updated, ...left],
    "updated",
  );
  part.outputs["loss/generator"] = lossHere;
  const slopes = gradients(sum(mul(fake, slope)), weightsOf(maker));
  part.update(maker, rebuilt(slopes, [[slope, slopeHere]], "made"));
  part.carry(
    judge,
    names.map((name, i) => [name, afterHere[i]]),
  );
  part.carry(maker, maker.traced.updates);
}

/** The graphs of a round: one, or one for each player. */
function graphsOf(maker, judge, together) {
  const objective = nonSaturating();
  if (together) {
    const part = new Part();
    part.given("latent", maker.input.shape, maker.input);
    part.weights(maker);
    const result = discriminatorPart(part, judge, maker.output, objective);
    generatorPart(part, maker, judge, maker.output, result, objective);
    return [part];
  }
  const [first, second] = [new Part(), new Part()];
  first.given("latent", maker.input.shape, maker.input);
  first.weights(maker);
  const { left } = discriminatorPart(first, judge, maker.output, objective);
  for (const [name, { value }] of judge.traced.parameters)
    if (left.has(value)) first.outputs[`next/${judge.title}/${name}`] = left.get(value);
  second.given("latent", maker.input.shape, maker.input);
  second.weights(judge);
  generatorPart(second, maker, judge, maker.output, { updated: [], left: [] }, objective);
  return [first, second];
}

/**
 * @param name a workload of ../peers/workloads.json that is a game
 * @param engine made by `engineWith`
 * @returns { step, losses, models, programs }: `step` plays one round
 */
export async function gameRound(name, engine, together = true) {
  const workload = makeWorkload(name);
  const { batch, input: shape, latent, x, noise } = workload;
  const { generator, discriminator } = gameOf(midst, workload);
  const [maker, judge] = [playerOf(generator, "generator"), playerOf(discriminator, "discriminator")];
  const graphs = graphsOf(maker, judge, together);
  const models = graphs.map(({ inputs, outputs }) => {
    // The second of two graphs works on what the first has left.
    const needed = new Set(nodesOf(Object.values(outputs)).flatMap((node) => node.outputs));
    const used = Object.entries(inputs).filter(([, value]) => needed.has(value));
    return lower({ inputs: Object.fromEntries(used), outputs });
  });
  const programs = [];
  for (const model of models) programs.push(await engine.load(model, { purpose: "training", lengths: { batch } }));
  const current = { real: tensor(x, [batch, ...shape]), latent: tensor(noise, [batch, latent]) };
  for (const [title, net] of Object.entries({ generator, discriminator }))
    for (const [key, { data, shape: own }] of net.weights) current[`${title}/${key}`] = tensor(data.slice(), own);
  for (const { state } of graphs) for (const key in state) current[key] = zeros(state[key]);
  const spare = {};
  for (const key in current) spare[`next/${key}`] = zeros(current[key].shape);
  let count = 0;
  let losses = [];
  const optimizer = gameOptimizer(midst);
  return {
    models,
    programs,
    step: async () => {
      const scalars = Object.entries(optimizer.scalars(++count)).map(([key, value]) => [
        `optimizer/${key}`,
        tensor([value], []),
      ]);
      const found = {};
      for (const program of programs) {
        const feeds = { ...current, ...Object.fromEntries(scalars) };
        const into = Object.fromEntries(
          Object.keys(program.outputs).flatMap((key) => (spare[key] ? [[key, spare[key]]] : [])),
        );
        const results = await program.run(feeds, into);
        Object.assign(found, results);
        for (const key of Object.keys(program.outputs).filter((one) => one.startsWith("next/"))) {
          const own = key.slice("next/".length);
          [current[own], spare[key]] = [results[key], current[own]];
        }
      }
      losses = ["loss/discriminator", "loss/generator"].map((key) => found[key].data[0]);
    },
    losses: () => losses,
  };
}
