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
