import { describeRows } from "./harness.js";
import { movementRows } from "./rows/movement.js";

describeRows("movement", movementRows);
