import type { Dim } from "../base/shape.js";
import type { ValueType } from "../graph/index.js";

/** `[batch, channels, height, width]` in float32, the channels filling whole blocks. */
export interface Picture {
  readonly batch: Dim;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly type: ValueType;
}

/** A type as that of pictures; undefined for any other. */
export function pictureOf(type: ValueType | undefined, block: number): Picture | undefined {
  const [batch, channels, height, width] = type?.shape ?? [];
  if (type?.shape.length !== 4 || type.dtype !== "float32" || batch === undefined) return undefined;
  if (typeof channels !== "number" || typeof height !== "number" || typeof width !== "number") return undefined;
  return channels % block === 0 ? { batch, channels, height, width, type } : undefined;
}
