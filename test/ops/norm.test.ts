import { describeRows } from "./harness.js";
import { normRows } from "./rows/norm.js";

describeRows("norm", normRows);
