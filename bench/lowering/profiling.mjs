// ORT's own profiler, node by node.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./quiet.mjs";
import { engineWith } from "./session.mjs";

/**
 * @param body (engine) => the session it ran: loads one program of the engine and runs it
 * @returns { nodes, session }: rows { name, type, order, least, middle, about } in milliseconds
 */
export async function profiled(body, options = {}) {
  const prefix = `midst-profile-${process.pid}-`;
  const session = await body(
    engineWith({ enableProfiling: true, profileFilePrefix: join(tmpdir(), prefix), ...options }),
  );
  session.endProfiling();
  const file = join(
    tmpdir(),
    readdirSync(tmpdir()).find((name) => name.startsWith(prefix)),
  );
  const events = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  const nodes = new Map();
  const whole = new Map();
  const collect = (map, key, entry, time) => {
    if (!map.has(key)) map.set(key, { ...entry, name: key, order: map.size, times: [] });
    map.get(key).times.push(time / 1000);
  };
  for (const { cat, name, dur, args } of events) {
    if (cat === "Session" && /Execute|model_run/.test(name)) collect(whole, name, {}, dur);
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    const about = `${shapes(args.input_type_shape)} -> ${shapes(args.output_type_shape)}`;
    collect(nodes, name.slice(0, -"_kernel_time".length), { type: args.op_name, about }, dur);
  }
  const row = (entry) => ({ ...entry, least: Math.min(...entry.times), middle: median(entry.times) });
  return { nodes: [...nodes.values()].map(row), session: [...whole.values()].map(row) };
}

const shapes = (list) => list.map((entry) => `[${Object.values(entry)[0]}]`).join(" ");

const format = (x) => x.toFixed(3).padStart(8);

/** Prints sums by type, then the `shown` slowest nodes, or (inOrder) the first ones. */
export function printProfile({ nodes, session }, shown, inOrder = false) {
  const total = nodes.reduce((n, r) => n + r.least, 0);
  console.log(`${nodes.length} nodes, least times add up to ${total.toFixed(2)} ms`);
  const types = Map.groupBy ? Map.groupBy(nodes, (r) => r.type) : grouped(nodes);
  const sums = [...types].map(([type, rows]) => ({
    type,
    count: rows.length,
    least: rows.reduce((n, r) => n + r.least, 0),
    middle: rows.reduce((n, r) => n + r.middle, 0),
  }));
  for (const { type, count, least, middle } of sums.sort((a, b) => b.least - a.least))
    if (least > 0.003 * total) console.log(`${format(least)} (median ${format(middle)}) ${type} x${count}`);
  for (const { name, least, middle } of session) console.log(`${format(least)} (median ${format(middle)}) ${name}`);
  const listed = [...nodes].sort(inOrder ? (a, b) => a.order - b.order : (a, b) => b.least - a.least);
  for (const { name, type, order, least, middle, about } of listed.slice(0, shown))
    console.log(`${format(least)} ${format(middle)} #${order} ${type} ${name}  ${about}`);
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.type, [...(groups.get(row.type) ?? []), row]);
  return groups;
}
