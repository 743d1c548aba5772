import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const shared = {
  resolve: {
    alias: [
      { find: /^#host$/, replacement: source("node/host.ts") },
      { find: /^midst$/, replacement: source("index.ts") },
      { find: /^midst\/(look|ops|data|nets|node|web)$/, replacement: source("$1/index.ts") },
    ],
  },
};

export default defineConfig({
  test: {
    globalSetup: ["test/setup.ts"],
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.full.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: "full",
          include: ["test/**/*.full.test.ts"],
          testTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
