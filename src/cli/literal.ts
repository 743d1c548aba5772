import type { Call } from "./call.js";

/** Stands among arguments for the number of times that training will update the weights. */
export const STEPS = Symbol("steps");

/** A value as TypeScript writes it. */
export function literal(value: unknown): string {
  if (value === STEPS) return "steps";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, v]) => `${key}: ${literal(v)}`)
      .join(", ")} }`;
  return JSON.stringify(value);
}

/** A call as TypeScript writes it. */
export const callCode = ([name, ...args]: Call): string => `${name}(${args.map(literal).join(", ")})`;

/** What code imports, by entry: `{ "midst/node": ["imageFolder"] }`. */
export type Imports = Readonly<Record<string, readonly string[]>>;

/** Import lines, one an entry. */
export function importLines(...parts: (Imports | false | undefined)[]): string[] {
  const names = new Map<string, Set<string>>();
  for (const part of parts)
    for (const [entry, wanted] of Object.entries(part || {}))
      names.set(entry, new Set([...(names.get(entry) ?? []), ...wanted]));
  return [...names]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([entry, wanted]) => `import { ${[...wanted].sort().join(", ")} } from "${entry}";`);
}
