// Several training steps in one run, as a Scan over the batches: node bench/lowering/manySteps.mjs [workload] [steps a run]
import { built, tensor, zeros } from "./built.mjs";
import { inTurn, repeating, show } from "./quiet.mjs";
import { engineWith } from "./session.mjs";
import { stepper, trainingStep } from "./training.mjs";

const { create, fromBinary, toBinary } = await import("@bufbuild/protobuf");
const pb = await built("onnx/generated/onnx_pb.js");

/** The model of `count` steps: the state is carried along, everything else is given for each step in turn. */
function scanned({ model, state, stepInputs, data }, count) {
  const step = fromBinary(pb.ModelProtoSchema, model.bytes);
  const carried = Object.keys(state);
  const given = [...Object.keys(data), ...Object.keys(stepInputs(1))];
  const info = (list) => Object.fromEntries(list.map((v) => [v.name, v]));
  const [inputs, outputs] = [info(step.graph.input), info(step.graph.output)];
  const body = create(pb.GraphProtoSchema, {
    ...step.graph,
    input: [...carried, ...given].map((n) => inputs[n]),
    output: [...carried.map((n) => outputs[`${n}'`]), outputs.loss],
  });
  const { INT, GRAPH } = pb.AttributeProto_AttributeType;
  const outer = (v, name, extra) => {
    const copy = fromBinary(pb.ValueInfoProtoSchema, toBinary(pb.ValueInfoProtoSchema, v));
    copy.name = name;
    const shape = copy.type.value.value.shape;
    if (extra)
      shape.dim.unshift(
        create(pb.TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(count) } }),
      );
    return copy;
  };
  const graph = create(pb.GraphProtoSchema, {
    name: "steps",
    node: [
      create(pb.NodeProtoSchema, {
        name: "steps",
        opType: "Scan",
        input: [...carried, ...given].map((n) => `outer.${n}`),
        output: [...carried.map((n) => `outer.${n}'`), "outer.loss"],
        attribute: [
          create(pb.AttributeProtoSchema, { name: "body", type: GRAPH, g: body }),
          create(pb.AttributeProtoSchema, { name: "num_scan_inputs", type: INT, i: BigInt(given.length) }),
        ],
      }),
    ],
    input: [
      ...carried.map((n) => outer(inputs[n], `outer.${n}`)),
      ...given.map((n) => outer(inputs[n], `outer.${n}`, true)),
    ],
    output: [...carried.map((n) => outer(outputs[`${n}'`], `outer.${n}'`)), outer(outputs.loss, "outer.loss", true)],
  });
  return toBinary(pb.ModelProtoSchema, create(pb.ModelProtoSchema, { ...step, graph }));
}

async function scanStepper(engine, training, count) {
  const { state, data, stepInputs } = training;
  const stacked = (parts) => {
    const whole = zeros([parts.length, ...parts[0].shape], parts[0].dtype);
    parts.forEach((part, i) => {
      whole.data.set(part.data, i * part.data.length);
    });
    return whole;
  };
  const outer = (values) => Object.fromEntries(Object.entries(values).map(([n, v]) => [`outer.${n}`, v]));
  const names = Object.keys(state);
  const given = [...Object.keys(data), ...Object.keys(stepInputs(1))];
  const program = await engine.load({
    bytes: scanned(training, count),
    inputs: outer(Object.fromEntries([...names, ...given].map((n) => [n, 0]))),
    outputs: outer(Object.fromEntries([...names.map((n) => [`${n}'`, 0]), ["loss", 0]])),
  });
  const copy = () => Object.fromEntries(names.map((n) => [n, tensor(state[n].data.slice(), state[n].shape)]));
  const sets = [copy(), copy()].map((set) => ({
    feeds: {
      ...outer(set),
      ...outer(Object.fromEntries(Object.entries(data).map(([n, v]) => [n, stacked(new Array(count).fill(v))]))),
    },
    into: { "outer.loss": zeros([count]), ...outer(Object.fromEntries(names.map((n) => [`${n}'`, set[n]]))) },
  }));
  let runs = 0;
  let losses;
  return {
    async step() {
      const [now, next] = runs % 2 === 0 ? sets : [sets[1], sets[0]];
      const numbers = Array.from({ length: count }, (_, i) => stepInputs(runs * count + i + 1));
      for (const key in numbers[0]) now.feeds[`outer.${key}`] = stacked(numbers.map((n) => n[key]));
      runs += 1;
      losses = (await program.run(now.feeds, next.into))["outer.loss"].data;
    },
    losses: () => losses,
  };
}

const [name = "mlp", steps = "10"] = process.argv.slice(2);
const count = Number(steps);
const training = trainingStep(name);
const engine = engineWith();
const one = await stepper(engine, training);
const many = await scanStepper(engine, training, count);
const seen = [];
for (let i = 0; i < count; i++) {
  await one.step();
  seen.push(one.loss());
}
await many.step();
console.log(
  "losses",
  seen.map((x) => x.toFixed(5)).join(" "),
  "and",
  [...many.losses()].map((x) => x.toFixed(5)).join(" "),
);
const results = await inTurn(
  { one: { block: repeating(one.step, 200) }, many: { block: repeating(many.step, 200) } },
  { seconds: 120 },
);
results.many.times = results.many.times.map((t) => t / count);
for (const [way, result] of Object.entries(results)) console.log(`${way.padEnd(8)} ${show(result)}`);
process.exit(0);
