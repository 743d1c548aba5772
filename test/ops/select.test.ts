import { describeRows } from "./harness.js";
import { selectRows } from "./rows/select.js";

describeRows("select", selectRows);
