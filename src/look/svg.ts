/** A number as it stands in an SVG: a tenth of a pixel is enough. */
export const short = (n: number): string => String(Math.round(n * 10) / 10);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as it stands in an SVG. XML has no way to write most control characters. */
const escaped = (content: string): string => content.replace(/[&<>"]|\p{Cc}/gu, (c) => entities[c] ?? "\ufffd");

/** Text at a place, with more attributes as they are written. */
export const text = (x: number, y: number, content: string, attributes = ""): string =>
  `<text x="${short(x)}" y="${short(y)}"${attributes === "" ? "" : ` ${attributes}`}>${escaped(content)}</text>`;

/** A whole picture on white, of these parts, `title` being what it is called where it is not seen. */
export const svg = (width: number, height: number, title: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12" fill="#222">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
