import type { OpRow } from "../row.js";
import { convRows } from "./conv.js";
import { elementwiseRows } from "./elementwise.js";
import { graphRows } from "./graph.js";
import { linearRows } from "./linear.js";
import { lstmGatesRows } from "./lstmGates.js";
import { movementRows } from "./movement.js";
import { normRows } from "./norm.js";
import { poolRows } from "./pool.js";
import { reduceRows } from "./reduce.js";
import { scanRows } from "./scan.js";
import { selectRows } from "./select.js";
import { windowRows } from "./window.js";

/**
 * Every row of every op. A new op needs one row in its family's file, alone on its inputs (see `opRow`); a row for each
 * case that its lowering or gradient treats differently is better.
 */
export const allRows: readonly OpRow[] = [
  ...graphRows,
  ...movementRows,
  ...windowRows,
  ...elementwiseRows,
  ...selectRows,
  ...reduceRows,
  ...linearRows,
  ...convRows,
  ...poolRows,
  ...normRows,
  ...scanRows,
  ...lstmGatesRows,
];
