export { type Emit, float, type OnnxAttr, type OnnxAttrs, type OnnxDType } from "./emit.js";
export { type Attr, type Attrs, defineOp, type GradientRule, type Op, opNamed, opNames } from "./op.js";
export { printGraph } from "./print.js";
export {
  apply,
  applyAll,
  constant,
  currentScope,
  input,
  inputOp,
  inScope,
  isValue,
  type Operand,
  shapeError,
  toValue,
} from "./trace.js";
export { type Graph, type Node, nodesOf, type Value, type ValueType } from "./value.js";
