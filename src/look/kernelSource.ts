import { MidstError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { type Node, nodesOf, pointwise, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import type { Network } from "../runtime/index.js";
import { ofLayer } from "./values.js";

/** A layer's weight, and the part of the graph that uses it. */
export interface KernelSource {
  /** The value that the templates lie on: the layer's input, or the picture that was flattened for it. */
  readonly input: Value;
  /** From the first after `input` to the one that uses the weight. */
  readonly nodes: readonly Node[];
  /** [units, channels, ...kernel] */
  readonly templates: Tensor;
  /** Channels of the layer are divided into this many groups. */
  readonly groups: number;
  /** Whether `input` is a picture that the network is given. */
  readonly seesPicture: boolean;
}

/** @throws MidstError where the layer has no weight of its own that looks at an input */
export function kernelSource(net: Network, layer: string, weight?: string): KernelSource {
  const traced = net.traced(false);
  ofLayer(traced.hidden, layer);
  const name = weightName(traced, layer, weight);
  const value = traced.parameters.get(name)?.value as Value;
  const user = userOf(traced, value);
  if (user === undefined)
    throw new MidstError("this weight does not look at an input: it is added, multiplied or looked up.", {
      place: name,
    });
  const given = net.weights.get(name) as Tensor;
  const templates = user.op.flipsKernel === true ? turned(given, groupsOf(user)) : given;
  const [units = 1, features] = templates.shape;
  const source = { templates, groups: groupsOf(user) };
  const seen = user.inputs[0] as Value;
  const seesPicture = (input: Value) => isPicture(traced, input);
  // A dense layer behind a flatten sees the picture before it.
  const nodes = [user];
  let input = seen;
  while (templates.shape.length === 2 && input.shape.length === 2 && input.node.op.onlyReshapes === true) {
    nodes.unshift(input.node);
    input = input.node.inputs[0] as Value;
  }
  const shape = input.shape.slice(1) as number[];
  if (shape.length < 2 || nodes.length === 1 || countOf(shape) !== features)
    return { ...source, input: seen, nodes: [user], seesPicture: seesPicture(seen) };
  return {
    ...source,
    input,
    nodes,
    templates: { ...templates, shape: [units, ...shape] },
    seesPicture: seesPicture(input),
  };
}

/** Whether a value is a network's input, or that with its levels scaled, pixel by pixel. */
function isPicture(traced: Traced, value: Value): boolean {
  const given = Object.values(traced.inputs);
  if (given.includes(value)) return true;
  const { op, inputs } = value.node;
  if (op.window !== pointwise || op.range !== undefined) return false;
  const weights = [...traced.parameters.values(), ...traced.noise.values()].map((weight) => weight.value);
  const constant = (x: Value) => x.node.inputs.length === 0 && !given.includes(x) && !weights.includes(x);
  const [picture, ...more] = inputs.filter((x) => !constant(x));
  return picture !== undefined && more.length === 0 && isPicture(traced, picture);
}

/** The node that looks at its first input through a weight. */
function userOf({ outputs, hidden }: Traced, weight: Value): Node | undefined {
  const [rank, [units, features]] = [weight.shape.length, weight.shape];
  return nodesOf([...Object.values(outputs), ...hidden.values()]).find(({ inputs: [x, w], outputs: [y] }) => {
    if (x === undefined || y === undefined || w !== weight) return false;
    return rank === 2 ? x.shape.at(-1) === features && y.shape.at(-1) === units : x.shape.length === rank;
  });
}

const groupsOf = ({ attrs }: Node): number => (typeof attrs.groups === "number" ? attrs.groups : 1);

/** The full name of the layer's own weight. */
function weightName({ parameters }: Traced, layer: string, weight: string | undefined): string {
  const own = `${layer.replaceAll("/", ".").replace(/:\d+$/, "")}.`;
  const names = [...parameters.keys()].filter(
    (name) =>
      name.startsWith(own) && !name.slice(own.length).includes(".") && (parameters.get(name)?.shape.length ?? 0) >= 2,
  );
  const chosen = weight === undefined ? names : names.filter((name) => name === own + weight);
  if (chosen.length === 1) return chosen[0] as string;
  const inner = [...parameters.keys()].filter((name) => name.startsWith(own));
  const hint = names.length > 0 ? `Choose one: ${names.map((n) => n.slice(own.length)).join(", ")}.` : "";
  const within = inner.length > 0 ? `Weights inside it: ${inner.join(", ")}.` : "It has no weights at all.";
  throw new MidstError(`has no ${names.length > 1 ? "single " : ""}weight of its own to show. ${hint || within}`, {
    place: layer,
    actual: weight,
    expected: names,
  });
}

/** [in, out / groups, ...kernel] as [out, in / groups, ...kernel], turned by 180 degrees. */
function turned({ data, shape }: Tensor, groups: number): Tensor {
  const [inputs = 1, perGroup = 1, ...kernel] = shape;
  const [units, channels, area] = [perGroup * groups, inputs / groups, countOf(kernel)];
  const out = new Float32Array(data.length);
  for (let unit = 0; unit < units; unit++)
    for (let channel = 0; channel < channels; channel++) {
      const input = Math.floor(unit / perGroup) * channels + channel;
      const from = (input * perGroup + (unit % perGroup)) * area;
      for (let i = 0; i < area; i++) out[(unit * channels + channel) * area + i] = data[from + area - 1 - i] as number;
    }
  return tensor(out, [units, channels, ...kernel]);
}
