import { describeRows } from "./harness.js";
import { convRows } from "./rows/conv.js";

describeRows("conv", convRows);
