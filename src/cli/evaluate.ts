import { load } from "../node/index.js";
import { openEncoded, type TextColumns } from "./encoded.js";
import { type CommonOptions, print } from "./output.js";
import { formatReport, reportOn } from "./report.js";

export interface EvaluateOptions extends CommonOptions, TextColumns {}

/** midst evaluate NET DATA */
export async function evaluate(file: string, path: string, options: EvaluateOptions): Promise<void> {
  const net = await load(file);
  const { data, encoding, classes } = await openEncoded(net, file, path, options);
  const report = await reportOn(net, data, encoding, classes);
  print(options, formatReport(report).replace(" that training did not see", ` of ${path}`), report);
}
