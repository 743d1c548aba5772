import { isLanguage, type Source } from "./data.js";
import { callCode, importLines, literal, STEPS } from "./literal.js";
import { LOOKED_AT, type Recipe } from "./recipe.js";
import { netImports } from "./recipeNet.js";

/** The TypeScript program that does what the recipe does. */
export function recipeCode(recipe: Recipe, source: Source, out: string, folder?: string): string {
  const { net, input, loss, schedule, augment, mixup, plateau, fit } = recipe;
  const language = isLanguage(source.encoding);
  const forecasts = source.encoding.kind === "series";
  const metric = source.classes || language ? "accuracy" : "rSquared";
  const constant = schedule[0] === "constant";
  const imports = importLines(
    source.imports,
    netImports(net),
    {
      midst: [
        ...(forecasts ? ["backtest"] : ["evaluate", metric]),
        ...["fit", loss[0], recipe.optimizer.name],
        ...(constant ? [] : [schedule[0]]),
      ],
      "midst/look": ["healthWarnings"],
      "midst/node": ["save"],
    },
    augment && { "midst/data": ["augment"] },
    mixup !== undefined && { "midst/data": ["mixup"] },
    language && { midst: ["perplexity"] },
    plateau && { midst: ["reduceOnPlateau"] },
  );
  const varied = augment ? `augment(training, ${literal(augment)})` : "training";
  const data = mixup === undefined ? varied : `mixup(${varied}, ${literal({ alpha: mixup })})`;
  const optimizer = optimizerCode(recipe, constant ? literal(schedule[1]) : callCode(schedule));
  const counted = schedule.includes(STEPS);
  const share = fit.validation !== undefined ? `(${1 - fit.validation} * training.length)` : "training.length";
  const batches = `${fit.epochs} * Math.ceil(${share} / ${fit.batchSize})`;
  const updates = fit.accumulate === undefined ? batches : `Math.ceil(${batches} / ${fit.accumulate})`;
  const callbacks = [`healthWarnings(net, test, { samples: ${LOOKED_AT} })`];
  if (plateau) callbacks.push(`reduceOnPlateau(${literal(plateau)})`);
  const options = [
    `loss: ${callCode(loss)}`,
    `optimizer: ${optimizer.value}`,
    ...(forecasts ? [] : [`metrics: [${metric}()]`]),
    ...(source.validation ? ["validation"] : []),
    ...Object.entries(fit).map(([name, value]) => `${name}: ${literal(value)}`),
    `callbacks: [${callbacks.join(", ")}]`,
    ...(folder === undefined ? [] : [`folder: ${literal(folder)}`]),
  ];
  return [
    ...imports,
    "",
    ...source.code,
    ...netCode(net, input, fit.seed),
    ...(counted ? [`const steps = ${updates};`] : []),
    ...optimizer.before,
    `await fit(net, ${data}, {`,
    ...options.map((option) => `  ${option},`),
    "});",
    forecasts
      ? "console.log(await backtest(net, test));"
      : `console.log(await evaluate(net, test, { metrics: [${language ? "perplexity()" : `${metric}()`}] }));`,
    `await save(net, ${literal(out)});`,
  ].join("\n");
}

/** The optimizer, and the lines that make it where there are two: kernels decay, biases and scales do not. */
function optimizerCode({ optimizer: { name, options }, weightDecay }: Recipe, rate: string) {
  const made = (more: object, learningRate: string) =>
    `${name}(${inner({ ...options, ...more }, learningRate === "learningRate" ? learningRate : `learningRate: ${learningRate}`)})`;
  if (weightDecay === undefined) return { before: [], value: made({}, rate) };
  const before = [
    `const learningRate = ${rate};`,
    `const decayed = ${made({ weightDecay }, "learningRate")};`,
    `const plain = ${made({ weightDecay: 0 }, "learningRate")};`,
  ];
  return { before, value: "({ shape }) => (shape.length > 1 ? decayed : plain)" };
}

function netCode(net: Recipe["net"], input: Recipe["input"], seed: number): string[] {
  if ("saved" in net) return [`const net = await load(${literal(net.saved)});`];
  if ("depth" in net) return [`const net = resnet(${literal({ ...net, ...input, seed })});`];
  const end = (i: number) => (i < net.layers.length - 1 ? "," : ");");
  return [
    `const net = sequential(${literal({ ...input, seed })},`,
    ...net.layers.map((layer, i) => `  ${callCode(layer)}${end(i)}`),
  ];
}

/** An object whose first entry is written already. */
const inner = (rest: Record<string, unknown>, first: string): string =>
  `{ ${[first, ...Object.entries(rest).map(([key, value]) => `${key}: ${literal(value)}`)].join(", ")} }`;
