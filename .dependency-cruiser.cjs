/** The floors of the house (ARCHITECTURE.md): a folder imports only from lower floors, never sideways. */
const floors = [
  ["base"],
  ["graph", "data"],
  ["ops"],
  ["autodiff", "onnx", "nn", "optim"],
  ["runtime", "formats"],
  ["train", "look", "nets"],
  ["node", "web"],
  ["cli"],
];

const inside = (folders) => `^src/(${folders.join("|")})/`;

const rules = [];
floors.forEach((floor, level) => {
  for (const folder of floor) {
    const others = floors
      .slice(level)
      .flat()
      .filter((other) => other !== folder);
    if (others.length > 0)
      rules.push({
        name: `${folder} imports only from lower floors`,
        severity: "error",
        from: { path: inside([folder]) },
        to: { path: inside(others) },
      });
  }
});

module.exports = {
  forbidden: [
    ...rules,
    { name: "no cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "index is the door, not a room",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: "^src/cli/" },
      to: { path: "^src/index" },
    },
    {
      name: "node: only in src/node and src/cli",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(node|cli)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "examples and the Studio use the public entries",
      severity: "error",
      from: { path: "^(examples|studio)/" },
      to: { path: "^src/", pathNot: "^src/(index|[^/]+/index)\\.ts$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.test.json" },
    doNotFollow: { path: "node_modules" },
  },
};
