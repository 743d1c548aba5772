import { describeRows } from "./harness.js";
import { reduceRows } from "./rows/reduce.js";

describeRows("reduce", reduceRows);
