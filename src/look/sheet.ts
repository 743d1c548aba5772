import type { Rgb } from "./colour.js";

/** Grey between tiles: neither scale has it in a place of its own. */
export const GROUND: Rgb = [140, 140, 140];

/** Pixels between tiles whose cells are `zoom` pixels wide. */
export const gapAt = (zoom: number): number => (zoom === 1 ? 1 : Math.max(2, Math.round(zoom / 3)));
