/**
 * Filling and stroking on a square of pixels, with exact anti-aliasing. A polygon is a flat list x0, y0, x1, y1, ...
 * in pixels, x to the right and y down; the pixel (0, 0) covers the square from (0, 0) to (1, 1).
 */
export type Polygon = readonly number[];

/** One layer of a picture: `size` * `size` numbers in row-major order. */
export type Layer = Float32Array;

/**
 * Signed areas, summed over polygons and integrated once by `integrate`: the accumulation buffer of Levien's font-rs
 * (2016). Rows have two spare columns, for edges that leave the picture on the right.
 */
export interface AreaBuffer {
  readonly size: number;
  readonly cells: Float32Array;
}

export const areaBuffer = (size: number): AreaBuffer => ({ size, cells: new Float32Array(size * (size + 2)) });

/** Adds a polygon. Its winding gives the sign, so that a polygon of the other sense cuts a hole. */
export function addPolygon(buffer: AreaBuffer, polygon: Polygon, weight = 1): void {
  const count = polygon.length;
  for (let i = 0; i < count; i += 2) {
    const j = (i + 2) % count;
    addEdge(
      buffer,
      polygon[i] as number,
      polygon[i + 1] as number,
      polygon[j] as number,
      polygon[j + 1] as number,
      weight,
    );
  }
}

function addEdge(buffer: AreaBuffer, xa: number, ya: number, xb: number, yb: number, weight: number): void {
  if (ya === yb) return;
  const { size, cells } = buffer;
  const sign = ya < yb ? weight : -weight;
  const [x0, y0, x1, y1] = ya < yb ? [xa, ya, xb, yb] : [xb, yb, xa, ya];
  const slope = (x1 - x0) / (y1 - y0);
  const last = Math.min(size, Math.ceil(y1));
  for (let row = Math.max(0, Math.floor(y0)); row < last; row++) {
    const top = Math.max(row, y0);
    const bottom = Math.min(row + 1, y1);
    const height = (bottom - top) * sign;
    const from = clamp(x0 + (top - y0) * slope, 0, size);
    const to = clamp(x0 + (bottom - y0) * slope, 0, size);
    addSpan(cells, row * (size + 2), Math.min(from, to), Math.max(from, to), height);
  }
}

/** The piece of an edge within one row: columns left of it get nothing, columns right of it all of `height`. */
function addSpan(cells: Float32Array, start: number, low: number, high: number, height: number): void {
  const first = Math.floor(low);
  if (high <= first + 1) {
    const right = height * ((low + high) / 2 - first);
    cells[start + first] = (cells[start + first] as number) + height - right;
    cells[start + first + 1] = (cells[start + first + 1] as number) + right;
    return;
  }
  // The area right of the edge in column c is a quadratic in c; its differences go into the cells.
  const area = (x: number) => (x <= low ? 0 : x >= high ? x - (low + high) / 2 : (x - low) ** 2 / (2 * (high - low)));
  let before = 0;
  let beforeArea = 0;
  const end = Math.ceil(high) + 1;
  for (let column = first; column < end; column++) {
    const next = area(column + 1);
    const covered = next - beforeArea;
    cells[start + column] = (cells[start + column] as number) + height * (covered - before);
    before = covered;
    beforeArea = next;
  }
}

/**
 * The integral of the summed areas: the sum of `weight` * share over all polygons. Of one polygon of weight 1 it is the
 * covered share of each pixel, with the sign of its winding.
 */
export function integrate({ size, cells }: AreaBuffer): Layer {
  const out = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column < size; column++) {
      sum += cells[row * (size + 2) + column] as number;
      out[row * size + column] = sum;
    }
  }
  return out;
}

/**
 * Draws a line with round ends into `layer`, keeping the larger value where strokes cross.
 * @param width in pixels at the two ends; thinner than a pixel becomes fainter, not thinner
 */
export function stroke(
  layer: Layer,
  size: number,
  points: Polygon,
  [widthStart, widthEnd]: readonly [number, number],
  value = 1,
): void {
  const segments = points.length / 2 - 1;
  for (let i = 0; i < segments; i++) {
    const at = (k: number) => widthStart + ((widthEnd - widthStart) * k) / segments;
    strokeSegment(layer, size, points, 2 * i, at(i) / 2, at(i + 1) / 2, value);
  }
}

function strokeSegment(
  layer: Layer,
  size: number,
  points: Polygon,
  offset: number,
  radiusStart: number,
  radiusEnd: number,
  value: number,
): void {
  const ax = points[offset] as number;
  const ay = points[offset + 1] as number;
  const dx = (points[offset + 2] as number) - ax;
  const dy = (points[offset + 3] as number) - ay;
  const reach = Math.max(radiusStart, radiusEnd) + 0.5;
  const scale = 1 / (dx * dx + dy * dy || 1);
  const left = Math.max(0, Math.floor(ax + Math.min(0, dx) - reach));
  const right = Math.min(size, Math.ceil(ax + Math.max(0, dx) + reach));
  const top = Math.max(0, Math.floor(ay + Math.min(0, dy) - reach));
  const bottom = Math.min(size, Math.ceil(ay + Math.max(0, dy) + reach));
  for (let y = top; y < bottom; y++) {
    const py = y + 0.5 - ay;
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - ax;
      const along = clamp((px * dx + py * dy) * scale, 0, 1);
      const distance = Math.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2);
      const radius = radiusStart + (radiusEnd - radiusStart) * along;
      // Round to a pixel's width: what a thinner line covers is 2 * radius.
      const covered = Math.min(1, Math.max(0, radius + 0.5 - distance), 2 * radius) * value;
      if (covered > (layer[y * size + x] as number)) layer[y * size + x] = covered;
    }
  }
}

/** Box blur, twice: close to a Gaussian of deviation `0.8 * radius` pixels. Pixels beyond the border repeat it. */
export function blur(layer: Layer, size: number, radius: number): Layer {
  const reach = Math.max(1, Math.round(radius));
  let out = layer;
  for (let pass = 0; pass < 2; pass++) {
    out = blurLines(out, size, reach, 1, size);
    out = blurLines(out, size, reach, size, 1);
  }
  return out;
}

function blurLines(layer: Layer, size: number, reach: number, step: number, lineStep: number): Layer {
  const out = new Float32Array(layer.length);
  const scale = 1 / (2 * reach + 1);
  const last = (size - 1) * step;
  const ahead = (reach + 1) * step;
  for (let start = 0; start < size * lineStep; start += lineStep) {
    let sum = (reach + 1) * (layer[start] as number);
    for (let k = 1; k <= reach; k++) sum += layer[start + Math.min(k * step, last)] as number;
    for (let at = 0; at <= last; at += step) {
      out[start + at] = sum * scale;
      sum +=
        (layer[start + Math.min(at + ahead, last)] as number) -
        (layer[start + Math.max(at - ahead + step, 0)] as number);
    }
  }
  return out;
}

export const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** 0 below `low`, 1 above `high`, and a smooth rise between. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = clamp((x - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
}
