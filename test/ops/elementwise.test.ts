import { describeRows } from "./harness.js";
import { elementwiseRows } from "./rows/elementwise.js";

describeRows("elementwise", elementwiseRows);
