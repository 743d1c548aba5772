import { FormatError } from "../../base/errors.js";
import { checkOptions } from "../../base/options.js";
import { printable } from "../../base/text.js";

/** Sound in memory. */
export interface Sound {
  /** Samples a second, Hz. */
  readonly rate: number;
  /** The samples of each channel, in -1..1; all channels have as many. */
  readonly channels: readonly Float32Array[];
}

const PCM = 1;
const FLOAT = 3;
/** The format is in the first two bytes of a longer header. */
const EXTENSIBLE = 0xfffe;
/** Hz. Others are taken for a damaged file. */
const rates = { low: 1000, high: 768_000 };

interface Format {
  readonly rate: number;
  readonly channels: number;
  /** Bytes of a sample. */
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/**
 * A WAV file: PCM of 8, 16, 24 or 32 bits or floating point of 32, any number of channels up to 32. Whole numbers are
 * divided by the largest negative one, so that samples lie in -1..1. Of a file that was never finished (its length says 0
 * or 2^32 - 1) everything up to its end is taken.
 * @throws FormatError when the bytes are no such file, are cut short, or say what cannot be
 */
export function wav(bytes: Uint8Array, options: { readonly name?: string } = {}): Sound {
  checkOptions("wav", options, ["name"]);
  const place = options.name ?? "wav";
  const fail = (message: string) => new FormatError(message, { place });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== "RIFF" || word(8) !== "WAVE")
    throw fail("is no WAV file: it does not begin with RIFF and WAVE. Convert it to WAV.");
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [id, size, start] = [word(at), view.getUint32(at + 4, true), at + 8];
    const left = bytes.length - start;
    if (id === "data") {
      if (format === undefined) throw fail('has its samples before the chunk "fmt ", which says what they are.');
      const unfinished = size === 0 || size === 2 ** 32 - 1;
      if (size > left && !unfinished)
        throw fail(`says it has ${size} bytes of samples, but only ${left} follow. It is cut short: get it again.`);
      const frame = format.bytes * format.channels;
      return samplesOf(view, start, unfinished ? left - (left % frame) : size, format, fail);
    }
    if (size > left)
      throw fail(`its chunk "${printable(id)}" says ${size} bytes, but only ${left} follow. It is cut short.`);
    if (id === "fmt ") format = formatOf(view, start, size, fail);
    // Chunks begin at even places.
    at = start + size + (size % 2);
  }
  throw fail("has no samples. It is cut short: get it again.");
}

type Fail = (message: string) => FormatError;

function formatOf(view: DataView, at: number, size: number, fail: Fail): Format {
  if (size < 16) throw fail(`its chunk "fmt " has ${size} bytes, but needs 16.`);
  const tag = view.getUint16(at, true);
  const kind = tag === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : tag;
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const frame = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  const read = kind === PCM ? whole[bits] : kind === FLOAT ? floats[bits] : undefined;
  if (read === undefined)
    throw fail(
      `holds samples of format ${kind} with ${bits} bits; read are PCM (1) of 8, 16, 24 or 32 bits and floating point (3) of 32. Convert it to 16-bit PCM.`,
    );
  if (channels < 1 || channels > 32) throw fail(`says it has ${channels} channels; 1 to 32 are read.`);
  if (rate < rates.low || rate > rates.high)
    throw fail(`says ${rate} samples a second; ${rates.low} to ${rates.high} are read. Convert it to 16000.`);
  if (frame !== (channels * bits) / 8)
    throw fail(`says ${frame} bytes for ${channels} samples of ${bits} bits, which have ${(channels * bits) / 8}.`);
  return { rate, channels, bytes: bits / 8, read };
}

type Read = Format["read"];

const whole: Readonly<Record<number, Read>> = {
  // Bytes have no sign: 128 is silence.
  8: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  16: (view, at) => view.getInt16(at, true) / 2 ** 15,
  24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  32: (view, at) => view.getInt32(at, true) / 2 ** 31,
};
const floats: Readonly<Record<number, Read>> = { 32: (view, at) => view.getFloat32(at, true) };

function samplesOf(view: DataView, start: number, size: number, format: Format, fail: Fail): Sound {
  const { rate, bytes, read } = format;
  const frame = bytes * format.channels;
  if (size % frame !== 0)
    throw fail(
      `has ${size} bytes of samples, which are no whole number of ${frame} bytes. It is cut short: get it again.`,
    );
  if (size === 0) throw fail("has no samples. Record it again.");
  const count = size / frame;
  const channels = Array.from({ length: format.channels }, (_, channel) => {
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++) samples[i] = read(view, start + i * frame + channel * bytes);
    const bad = samples.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw fail(`sample ${bad} is ${samples[bad]}. Record it again.`);
    return samples;
  });
  return { rate, channels };
}

/** The mean of a sound's channels. */
export function mono({ channels }: Sound): Float32Array {
  const [first = new Float32Array()] = channels;
  if (channels.length === 1) return first;
  return first.map((_, i) => channels.reduce((sum, samples) => sum + (samples[i] as number), 0) / channels.length);
}
