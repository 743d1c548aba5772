import { afterEach, describe, expect, it, vi } from "vitest";
import { EngineError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { dense } from "../../src/nn/index.js";
import { nativeEngine, nodeEngine } from "../../src/node/engine.js";
import { add, relu } from "../../src/ops/index.js";
import { compile, type Engine, sequential } from "../../src/runtime/index.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.doUnmock("onnxruntime-node");
  vi.resetModules();
});

describe("where onnxruntime-node is missing", () => {
  it("WebAssembly runs instead, and one line on standard error says so", async () => {
    const lines: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
    const engine = await nodeEngine(async () => {
      throw new EngineError("not installed");
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^midst: onnxruntime-node is missing or does not load.*, using WebAssembly, which is slower\..* npm install onnxruntime-node\n$/,
    );
    expect(engine.name).toMatch(/^onnxruntime-web 1\.\d+\.\d+.* \(WebAssembly\)$/);
    const net = sequential({ input: [2], engine }, dense(1, { initializer: "ones" }));
    expect(await net.predict([[3, 4]])).toEqual([Float32Array.of(7)]);
  });

  it("the native engine says how to get it", async () => {
    vi.doMock("onnxruntime-node", () => {
      throw new Error("cannot find it");
    });
    const { nativeEngine: missing } = await import("../../src/node/engine.js");
    await expect(missing()).rejects.toThrow(
      /onnxruntime-node is not installed or does not load\. Run: .*npm install onnxruntime-node/,
    );
  });
});

describe("the native engine", () => {
  it("names itself and is silent where it is there", async () => {
    const write = vi.spyOn(process.stderr, "write");
    expect((await nodeEngine()).name).toMatch(/^onnxruntime-node 1\.\d+\.\d+.* \(cpu\)$/);
    expect(write).not.toHaveBeenCalled();
  });

  it("writes outputs into the arrays it is given", async () => {
    const x = input("x", ["batch"]);
    const program = await compile({ inputs: { x }, outputs: { y: relu(x) } }, undefined, await nativeEngine());
    const y = tensor([9, 9]);
    const results = await program.run({ x: tensor([-1, 2]) }, { y });
    expect(results.y).toBe(y);
    expect([...y.data]).toEqual([0, 2]);
  });

  it("says which input is missing", async () => {
    const [a, b] = [input("a", []), input("b", [])];
    const program = await compile({ inputs: { a, b }, outputs: { y: add(a, b) } }, undefined, await nativeEngine());
    await expect(program.run({ a: tensor([1], []) })).rejects.toThrow('b: the input "b" is not given.');
  });
});

describe("compile", () => {
  const graph = () => {
    const x = input("x", ["batch"]);
    return { inputs: { x }, outputs: { y: relu(x) } };
  };

  it("makes a program once for a graph and an engine", async () => {
    const native = await nativeEngine();
    let made = 0;
    const counting: Engine = {
      name: "counting",
      load: (model, options) => {
        made++;
        return native.load(model, options);
      },
    };
    const one = graph();
    expect(await compile(one, undefined, counting)).toBe(await compile(one, undefined, counting));
    await compile(graph(), undefined, counting);
    expect(made).toBe(2);
  });

  it("tries again after a failure", async () => {
    const native = await nativeEngine();
    let failed = false;
    const shaky: Engine = {
      name: "shaky",
      load: async (model, options) => {
        if (!failed) {
          failed = true;
          throw new EngineError("busy");
        }
        return native.load(model, options);
      },
    };
    const one = graph();
    await expect(compile(one, undefined, shaky)).rejects.toThrow("busy");
    expect((await (await compile(one, undefined, shaky)).run({ x: tensor([-1, 1]) })).y?.data).toEqual(
      Float32Array.of(0, 1),
    );
  });
});
