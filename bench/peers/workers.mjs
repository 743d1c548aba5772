// Node has no global `Worker`; jax-js asks for one before it uses more than one thread.
import { resolveObjectURL } from "node:buffer";
import { availableParallelism } from "node:os";
import { Worker as NodeWorker } from "node:worker_threads";

const bootstrap = `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  parentPort.once("message", (source) => {
    (0, eval)(source);
    parentPort.on("message", (data) => self.onmessage({ data }));
  });
`;

/** The part of the web's Worker that jax-js uses: a blob address, `postMessage`, `onmessage`, `onerror`. */
class BlobWorker {
  #worker = new NodeWorker(bootstrap, { eval: true });
  #started;

  constructor(address) {
    this.#started = resolveObjectURL(address)
      .text()
      .then((source) => this.#worker.postMessage(source));
    this.#worker.on("message", (data) => this.onmessage?.({ data }));
    this.#worker.on("error", (error) => this.onerror?.(error));
  }

  postMessage(message) {
    this.#started = this.#started.then(() => this.#worker.postMessage(message));
  }
}

/** Gives jax-js one worker per core. To be called before it is imported. */
export function installWorkers() {
  globalThis.Worker ??= BlobWorker;
  globalThis.navigator ??= { hardwareConcurrency: availableParallelism() };
}
