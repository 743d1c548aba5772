import type { Random } from "../../base/random.js";
import type { LeafShape } from "./leaf.js";
import type { Point } from "./outline.js";
import { between } from "./vary.js";

/** How a leaf lies in its picture. */
export interface Pose {
  /** Clockwise turn of the leaf's axis from upwards, degrees in [0, 360). */
  readonly rotation: number;
  /** Pixels of one blade length, before the tilt. */
  readonly length: number;
  /** Curvature of the midrib: degrees it turns over one blade length. */
  readonly bend: number;
  /** Angle between the leaf and the picture plane in degrees, about an axis across the leaf at `tiltAxis` degrees. */
  readonly tilt: number;
  readonly tiltAxis: number;
  /** Seen from the other side: left and right exchanged. */
  readonly mirrored: boolean;
  /** A point of the leaf in pixels, x to the right and y down. */
  toPixels(point: Point): Point;
}

/** A random pose in which the blades fill 70 to 96 % of the picture's side and lie wholly within it. */
export function randomPose(leaf: LeafShape, random: Random, size: number): Pose {
  const height = leafHeight(leaf);
  const rotation = between(random, -60, 60);
  const bend = between(random, -25, 25) / height;
  const tilt = between(random, 0, 32);
  const tiltAxis = between(random, 0, 180);
  const mirrored = random.next() < 0.5;
  const turned = compose({ rotation, bend, tilt, tiltAxis, mirrored, height });

  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const blade of leaf.blades)
    for (const half of blade.halves)
      for (const point of half) {
        const [x, y] = turned(point);
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
  const length = (size * between(random, 0.8, 0.98)) / Math.max(right - left, bottom - top);
  // One pixel of the picture stays free on each side.
  const slack = (extent: number) => Math.max(0, size - 2 - extent * length);
  const shiftX = 1 + slack(right - left) * random.next() - left * length;
  const shiftY = 1 + slack(bottom - top) * random.next() - top * length;
  return {
    rotation,
    length,
    bend,
    tilt,
    tiltAxis,
    mirrored,
    toPixels(point) {
      const [x, y] = turned(point);
      return [x * length + shiftX, y * length + shiftY];
    },
  };
}

function leafHeight(leaf: LeafShape): number {
  let height = 0;
  for (const blade of leaf.blades) for (const [, y] of blade.halves[0]) height = Math.max(height, y);
  return height;
}

interface Turn {
  readonly rotation: number;
  readonly bend: number;
  readonly tilt: number;
  readonly tiltAxis: number;
  readonly mirrored: boolean;
  readonly height: number;
}

/** Mirror, bend, tilt with a slight perspective, rotate; the picture's y runs downwards. */
function compose({ rotation, bend, tilt, tiltAxis, mirrored, height }: Turn): (point: Point) => Point {
  const radians = Math.PI / 180;
  const curvature = bend * radians;
  const [sinTilt, cosTilt] = [Math.sin(tilt * radians), Math.cos(tilt * radians)];
  const [sinAxis, cosAxis] = [Math.sin(tiltAxis * radians), Math.cos(tiltAxis * radians)];
  const [sinTurn, cosTurn] = [Math.sin(rotation * radians), Math.cos(rotation * radians)];
  return ([px, py]) => {
    const x = mirrored ? -px : px;
    const y = py - height / 2;
    // The midrib becomes an arc; points beside it stay square to it.
    const angle = curvature * y;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const straight = Math.abs(angle) < 1e-6;
    const bx = (straight ? 0 : (1 - cos) / curvature) + x * cos;
    const by = (straight ? y : sin / curvature) - x * sin;
    const along = bx * cosAxis + by * sinAxis;
    const across = by * cosAxis - bx * sinAxis;
    const perspective = 1 / (1 + (0.18 * across * sinTilt) / height);
    const u = along * perspective;
    const v = across * cosTilt * perspective;
    const tx = u * cosAxis - v * sinAxis;
    const ty = u * sinAxis + v * cosAxis;
    return [tx * cosTurn + ty * sinTurn, tx * sinTurn - ty * cosTurn];
  };
}
