import { describeRows } from "./harness.js";
import { windowRows } from "./rows/window.js";

describeRows("window", windowRows);
