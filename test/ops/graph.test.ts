import { describeRows } from "./harness.js";
import { graphRows } from "./rows/graph.js";

describeRows("graph", graphRows);
