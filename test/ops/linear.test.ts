import { describeRows } from "./harness.js";
import { linearRows } from "./rows/linear.js";

describeRows("linear", linearRows);
