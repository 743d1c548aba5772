/**
 * The botany of the drawn leaves: one record per kind and no code of its own. Lengths are in blade lengths (petiole
 * joint to apex = 1), angles in degrees from the midrib's direction towards the apex.
 */
export interface LeafKind {
  readonly name: string;
  readonly latin: string;
  /** How a human tells it, in a few words. */
  readonly mark: string;
  readonly blade: Blade;
  readonly veins: Veins;
  /** Absent for a simple leaf of one blade. */
  readonly leaflets?: Leaflets;
  /** Length of the stalk. */
  readonly petiole: number;
  readonly surface: Surface;
  /** Colours it is found in, each equally often; it may be turning from one to the next. */
  readonly colours: readonly ColourName[];
}

export interface Blade {
  /** Greatest width. */
  readonly width: number;
  /** Where along the midrib it is widest: 0 at the base, 1 at the apex. */
  readonly widest: number;
  /** Angle at which the margin leaves the base: under 60 wedge-shaped, 90 flat, above 90 heart-shaped. */
  readonly base: number;
  /** Angle at which it meets the apex, measured backwards: 20 drawn out, 45 pointed, 90 round, above 90 notched. */
  readonly apex: number;
  readonly lobes?: Lobes;
  readonly teeth?: Teeth;
  /** Holes beside the midrib, one between each two lateral veins. */
  readonly holes?: boolean;
}

/** Incisions between the main veins, towards the midrib (pinnate) or towards the base (palmate, dichotomous). */
export interface Lobes {
  /** Share of the way that the margin goes in: 0 none, 1 to the midrib or the base. */
  readonly depth: number;
  /** Width of the incision as a share of the distance from tip to tip: 0.2 a slit, 1 the whole way. */
  readonly breadth: number;
  /** 0 for round tips, 1 for pointed ones. */
  readonly point: number;
}

export interface Teeth {
  /** Teeth on each half of a blade. */
  readonly count: number;
  readonly depth: number;
  /** 0 even, 1 leaning towards the apex like a saw. */
  readonly lean: number;
  /** 1 straight flanks; above it hollow flanks and thin spines, below it round scallops. */
  readonly sharpness: number;
  /** Each tooth carries smaller ones. */
  readonly double?: boolean;
}

export type Veins =
  | {
      readonly pattern: "pinnate";
      /** Lateral veins on each side; 0 for a midrib alone. */
      readonly pairs: number;
      /** Angle at which they leave the midrib. */
      readonly angle: number;
    }
  | {
      readonly pattern: "palmate" | "dichotomous";
      /** Directions of the main veins on one side, from the midrib outwards; 0 is the midrib itself. */
      readonly angles: readonly number[];
    };

export interface Leaflets {
  /** Along the rachis (pinnate) or all from one point (palmate). */
  readonly arrangement: "pinnate" | "palmate";
  /** Pairs of leaflets beside the terminal one. */
  readonly pairs: number;
  /** Angle of a pair to the rachis; for palmate leaves of the outermost pair. */
  readonly angle: number;
  /** Length of the rachis in leaflet lengths; 0 for palmate leaves. */
  readonly rachis: number;
  /** How much shorter the leaflets are at its end, 0 to 1. Defaults to 0. */
  readonly taper?: number;
}

export interface Surface {
  /** 0 matt to 1 shining. */
  readonly gloss: number;
  /** How far the blade bulges between its veins, 0 to 1. */
  readonly relief: number;
  /** How much paler the veins are, 0 to 1. */
  readonly veinContrast: number;
  /** A pale chevron across each blade. */
  readonly chevron?: boolean;
}

/** Red, green and blue, 0 to 1. */
export type Colour = readonly [number, number, number];

export const leafColours = {
  spring: [0.55, 0.72, 0.22],
  summer: [0.32, 0.56, 0.18],
  deep: [0.14, 0.38, 0.16],
  silver: [0.5, 0.6, 0.42],
  yellow: [0.88, 0.74, 0.16],
  orange: [0.86, 0.48, 0.12],
  red: [0.72, 0.16, 0.12],
  russet: [0.58, 0.3, 0.14],
} as const satisfies Record<string, Colour>;

export type ColourName = keyof typeof leafColours;

/** The kinds in the order of their labels, 0 to 9. */
export const kinds: readonly LeafKind[] = [
  {
    name: "ash",
    latin: "Fraxinus excelsior",
    mark: "four pairs of leaflets along a stalk, and one at its end",
    blade: { width: 0.36, widest: 0.42, base: 46, apex: 24 },
    veins: { pattern: "pinnate", pairs: 5, angle: 55 },
    leaflets: { arrangement: "pinnate", pairs: 4, angle: 58, rachis: 1.9 },
    petiole: 0.55,
    surface: { gloss: 0.15, relief: 0.3, veinContrast: 0.3 },
    colours: ["summer", "deep", "spring", "yellow"],
  },
  {
    name: "clover",
    latin: "Trifolium repens",
    mark: "three round leaflets, each with a pale chevron",
    blade: { width: 0.96, widest: 0.62, base: 52, apex: 126 },
    veins: { pattern: "pinnate", pairs: 7, angle: 52 },
    leaflets: { arrangement: "palmate", pairs: 1, angle: 112, rachis: 0 },
    petiole: 0.85,
    surface: { gloss: 0.05, relief: 0.15, veinContrast: 0.15, chevron: true },
    colours: ["summer", "deep", "spring"],
  },
  {
    name: "fern",
    latin: "Nephrolepis exaltata",
    mark: "a long frond of many narrow leaflets, shorter towards its end",
    blade: { width: 0.26, widest: 0.2, base: 80, apex: 24 },
    veins: { pattern: "pinnate", pairs: 0, angle: 45 },
    leaflets: { arrangement: "pinnate", pairs: 13, angle: 74, rachis: 3.4, taper: 0.85 },
    petiole: 0.5,
    surface: { gloss: 0.1, relief: 0.2, veinContrast: 0.25 },
    colours: ["spring", "summer", "deep"],
  },
  {
    name: "ginkgo",
    latin: "Ginkgo biloba",
    mark: "a fan with a notch, its veins forking from the stalk",
    blade: {
      width: 1.85,
      widest: 0.7,
      base: 68,
      apex: 88,
      lobes: { depth: 0.5, breadth: 0.26, point: 0.8 },
      teeth: { count: 7, depth: 0.02, lean: 0, sharpness: 0.7 },
    },
    veins: { pattern: "dichotomous", angles: [30] },
    petiole: 0.75,
    surface: { gloss: 0.1, relief: 0.35, veinContrast: 0.35 },
    colours: ["yellow", "yellow", "spring", "summer"],
  },
  {
    name: "holly",
    latin: "Ilex aquifolium",
    mark: "a shining blade with few long spines",
    blade: {
      width: 0.5,
      widest: 0.5,
      base: 60,
      apex: 34,
      teeth: { count: 5, depth: 0.15, lean: 0.1, sharpness: 1.9 },
    },
    veins: { pattern: "pinnate", pairs: 5, angle: 55 },
    petiole: 0.15,
    surface: { gloss: 1, relief: 0.5, veinContrast: 0.4 },
    colours: ["deep", "deep", "summer"],
  },
  {
    name: "linden",
    latin: "Tilia cordata",
    mark: "a heart with a finely toothed edge",
    blade: {
      width: 1.04,
      widest: 0.28,
      base: 142,
      apex: 20,
      teeth: { count: 17, depth: 0.016, lean: 0.5, sharpness: 1 },
    },
    veins: { pattern: "pinnate", pairs: 5, angle: 48 },
    petiole: 0.5,
    surface: { gloss: 0.1, relief: 0.4, veinContrast: 0.4 },
    colours: ["summer", "spring", "deep", "yellow"],
  },
  {
    name: "maple",
    latin: "Acer platanoides",
    mark: "five pointed lobes spread like a hand",
    blade: {
      width: 1.5,
      widest: 0.34,
      base: 128,
      apex: 74,
      lobes: { depth: 0.6, breadth: 1, point: 1 },
      teeth: { count: 12, depth: 0.055, lean: 0.1, sharpness: 1.3 },
    },
    veins: { pattern: "palmate", angles: [0, 48, 102] },
    petiole: 0.7,
    surface: { gloss: 0.15, relief: 0.35, veinContrast: 0.4 },
    colours: ["summer", "yellow", "orange", "red"],
  },
  {
    name: "monstera",
    latin: "Monstera deliciosa",
    mark: "a large heart, slit from the margin and holed beside the midrib",
    blade: {
      width: 1.1,
      widest: 0.38,
      base: 138,
      apex: 58,
      lobes: { depth: 0.62, breadth: 0.36, point: 0 },
      holes: true,
    },
    veins: { pattern: "pinnate", pairs: 5, angle: 68 },
    petiole: 0.4,
    surface: { gloss: 0.6, relief: 0.3, veinContrast: 0.35 },
    colours: ["deep", "summer", "deep", "spring"],
  },
  {
    name: "oak",
    latin: "Quercus robur",
    mark: "rounded lobes on both sides of the midrib",
    blade: {
      width: 0.7,
      widest: 0.62,
      base: 44,
      apex: 84,
      lobes: { depth: 0.56, breadth: 0.8, point: 0 },
    },
    veins: { pattern: "pinnate", pairs: 4, angle: 62 },
    petiole: 0.12,
    surface: { gloss: 0.2, relief: 0.35, veinContrast: 0.4 },
    colours: ["summer", "deep", "orange", "russet"],
  },
  {
    name: "willow",
    latin: "Salix alba",
    mark: "long and narrow",
    blade: { width: 0.16, widest: 0.38, base: 14, apex: 5 },
    veins: { pattern: "pinnate", pairs: 10, angle: 40 },
    petiole: 0.08,
    surface: { gloss: 0.2, relief: 0.2, veinContrast: 0.35 },
    colours: ["silver", "summer", "spring", "yellow"],
  },
];

/** The names of the kinds; a label is an index into it. */
export const leafKinds: readonly string[] = kinds.map((kind) => kind.name);
