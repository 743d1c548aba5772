/** A WAV file of these samples, one list a channel, in the format's own numbers. */
export function wavFile(
  channels: readonly (readonly number[] | Int16Array)[],
  { rate = 8000, bits = 16, format = 1 }: { rate?: number; bits?: number; format?: number } = {},
): Uint8Array {
  const frames = channels[0]?.length ?? 0;
  const bytes = bits / 8;
  const size = frames * channels.length * bytes;
  const view = new DataView(new ArrayBuffer(44 + size));
  const word = (at: number, text: string) => {
    for (const [i, c] of [...text].entries()) view.setUint8(at + i, c.charCodeAt(0));
  };
  word(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  word(8, "WAVE");
  word(12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, format, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels.length * bytes, true);
  view.setUint16(32, channels.length * bytes, true);
  view.setUint16(34, bits, true);
  word(36, "data");
  view.setUint32(40, size, true);
  const write: Record<number, (at: number, value: number) => void> = {
    8: (at, value) => view.setUint8(at, value),
    16: (at, value) => view.setInt16(at, value, true),
    24: (at, value) => {
      view.setUint16(at, value & 0xffff, true);
      view.setInt8(at + 2, value >> 16);
    },
    32: (at, value) => (format === 3 ? view.setFloat32(at, value, true) : view.setInt32(at, value, true)),
  };
  for (let i = 0; i < frames; i++)
    for (const [c, samples] of channels.entries())
      write[bits]?.(44 + (i * channels.length + c) * bytes, samples[i] as number);
  return new Uint8Array(view.buffer);
}

/** A tone of `hertz` as 16-bit samples. */
export const tone = (hertz: number, seconds: number, rate = 8000, loudness = 0.5): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, i) =>
    Math.round(32767 * loudness * Math.sin((2 * Math.PI * hertz * i) / rate)),
  );
