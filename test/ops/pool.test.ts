import { describeRows } from "./harness.js";
import { poolRows } from "./rows/pool.js";

describeRows("pool", poolRows);
