import fc from "fast-check";
import { expect, it } from "vitest";
import { compareCodePoints, decodeText, encodeText, isWellFormed, printable, quote } from "../../src/base/text.js";

it("escapes what could change a terminal or the reading order, and keeps every script", () => {
  expect(printable("\u001b[31mred\u0007\r\n")).toBe("\\u{1b}[31mred\\u{7}\\u{d}\\u{a}");
  expect(printable("a\u202egpj.exe\u2028b\u009bc\u007f")).toBe("a\\u{202e}gpj.exe\\u{2028}b\\u{9b}c\\u{7f}");
  expect(printable("half \uD83C.")).toBe("half \\u{d83c}.");
  expect(printable("Gänseblümchen 雛菊 נרקיס \u{1F33C}")).toBe("Gänseblümchen 雛菊 נרקיס \u{1F33C}");
});

it("quotes a long name cut to 80 characters", () => {
  expect(quote("tulip")).toBe('"tulip"');
  expect(quote("t".repeat(80))).toBe(`"${"t".repeat(80)}"`);
  expect(quote("t".repeat(81))).toBe(`"${"t".repeat(79)}…"`);
});

it("orders as the bytes of UTF-8 are ordered", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(compareCodePoints("\uFFFD", "\u{1F33C}")).toBeLessThan(0);
});

it("encodes and decodes UTF-8, keeps a byte order mark, and refuses other bytes", () => {
  expect([...encodeText("ä€")]).toEqual([0xc3, 0xa4, 0xe2, 0x82, 0xac]);
  expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe("\uFEFFa");
  expect(decodeText(new Uint8Array([0xc3]))).toBe(undefined);
  expect(decodeText(new Uint8Array([0xed, 0xa0, 0x80]))).toBe(undefined);
  expect([isWellFormed("a\u{1F33C}"), isWellFormed("a\uD83C")]).toEqual([true, false]);
});
