export { type EmittedBody, float, type OnnxAttr, type OnnxAttrs, type OnnxDType } from "./emit.js";
export { beforeReshapes, isBody, nodesOf } from "./nodes.js";
export { defineOp, opNamed, opNames } from "./op.js";
export { printGraph } from "./print.js";
export { rebuild } from "./rebuild.js";
export {
  apply,
  applyAll,
  constant,
  currentScope,
  input,
  inputOp,
  inRegion,
  inScope,
  isValue,
  type Operand,
  outsideRegions,
  shapeError,
  toValue,
} from "./trace.js";
export type {
  Attr,
  Attrs,
  Body,
  Emit,
  FilterWindow,
  GradientRule,
  Graph,
  Node,
  Op,
  Value,
  ValueType,
  Window,
} from "./types.js";
export { pointwise, wholeAlong } from "./window.js";
