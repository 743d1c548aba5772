import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, FormatError, MidstError, OptionError } from "../../src/base/errors.js";
import {
  augmentSounds,
  encodeSounds,
  featuresOf,
  mono,
  parseEncoding,
  resample,
  type SoundFeatureOptions,
  soundData,
  soundFeatures,
  wav,
} from "../../src/data/index.js";
import { tone, wavFile } from "./wavFile.js";

describe("wav", () => {
  it.each([
    ["8 bits", 8, 1, [128, 255, 0, 64], [0, 127 / 128, -1, -0.5]],
    ["16 bits", 16, 1, [0, 32767, -32768, 16384], [0, 32767 / 32768, -1, 0.5]],
    ["24 bits", 24, 1, [0, 8388607, -8388608, -4194304], [0, 8388607 / 8388608, -1, -0.5]],
    ["32 bits", 32, 1, [0, 2 ** 30, -(2 ** 31), 1], [0, 0.5, -1, 2 ** -31]],
    ["floating point", 32, 3, [0, 0.25, -1, 1], [0, 0.25, -1, 1]],
  ])("reads %s", (_, bits, format, stored, samples) => {
    const sound = wav(wavFile([stored], { bits, format, rate: 11_025 }));
    expect(sound.rate).toBe(11_025);
    expect([...(sound.channels[0] as Float32Array)]).toEqual(samples.map(Math.fround));
  });

  it("keeps the channels apart, and mono is their mean", () => {
    const sound = wav(
      wavFile([
        [0, 16384, -16384],
        [16384, 16384, 0],
      ]),
    );
    expect(sound.channels.map((channel) => [...channel])).toEqual([
      [0, 0.5, -0.5],
      [0.5, 0.5, 0],
    ]);
    expect([...mono(sound)]).toEqual([0.25, 0.5, -0.25]);
  });

  it("passes over other chunks, with their byte of padding", () => {
    const plain = wavFile([[1, 2, 3]]);
    const list = new Uint8Array([...Buffer.from("LIST"), 3, 0, 0, 0, 9, 9, 9, 0]);
    const file = new Uint8Array([...plain.subarray(0, 36), ...list, ...plain.subarray(36)]);
    expect([...mono(wav(file))]).toEqual([1, 2, 3].map((n) => n / 32768));
  });

  it.each([0, 2 ** 32 - 1])("takes what is there of a file that was never finished (%d bytes)", (size) => {
    const file = wavFile([[1, 2, 3]]);
    new DataView(file.buffer).setUint32(40, size, true);
    expect(mono(wav(file))).toHaveLength(3);
    // It may have ended within a sample.
    expect(mono(wav(file.subarray(0, file.length - 1)))).toHaveLength(2);
  });

  it.each<[string, (view: DataView) => void, string]>([
    [
      "lies about its length",
      (view) => view.setUint32(40, 1000, true),
      "says it has 1000 bytes of samples, but only 6",
    ],
    ["has half a sample", (view) => view.setUint32(40, 5, true), "no whole number"],
    ["has a rate of 0", (view) => view.setUint32(24, 0, true), "says 0 samples a second"],
    ["has an absurd rate", (view) => view.setUint32(24, 4e9, true), "says 4000000000 samples a second"],
    ["has no channels", (view) => view.setUint16(22, 0, true), "0 channels"],
    ["has 12 bits", (view) => view.setUint16(34, 12, true), "12 bits"],
    ["is compressed", (view) => view.setUint16(20, 2, true), "format 2"],
    ["has frames of another size", (view) => view.setUint16(32, 7, true), "says 7 bytes"],
    ["has a header that goes on for ever", (view) => view.setUint32(16, 2 ** 31, true), 'chunk "fmt "'],
    ["is another file", (view) => view.setUint8(0, 0x89), "is no WAV file"],
  ])("refuses one that %s", (_, spoil, says) => {
    const file = wavFile([[1, 2, 3]]);
    spoil(new DataView(file.buffer));
    expect(() => wav(file, { name: "a.wav" })).toThrow(FormatError);
    expect(() => wav(file, { name: "a.wav" })).toThrow(says);
    expect(() => wav(file, { name: "a.wav" })).toThrow("a.wav");
  });

  it("refuses a file cut anywhere", () => {
    const file = wavFile([[1, 2, 3, 4, 5, 6]]);
    for (let length = 0; length < file.length; length++)
      expect(() => wav(file.subarray(0, length))).toThrow(FormatError);
  });

  it("refuses samples that are no numbers", () => {
    expect(() => wav(wavFile([[0, Number.NaN]], { bits: 32, format: 3 }))).toThrow("sample 1 is NaN");
  });

  it("gives a sound or a FormatError, whatever the bytes", () => {
    const file = wavFile([[1, 2, 3, 4]]);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = file.slice();
        changed[at] = byte;
        try {
          expect(mono(wav(changed)).length).toBeLessThanOrEqual(8);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe("resample", () => {
  const sine = (hertz: number, rate: number) =>
    Float32Array.from({ length: rate / 2 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
  /** Away from the ends, where there is nothing on one side. */
  const inner = (samples: Float32Array) => samples.subarray(samples.length / 4, (3 * samples.length) / 4);
  const loudness = (samples: Float32Array) =>
    Math.sqrt(inner(samples).reduce((sum, x) => sum + x * x, 0) / inner(samples).length);

  it.each([
    [44_100, 16_000, 440],
    [44_100, 16_000, 7000],
    [8000, 16_000, 3000],
    [11_025, 8000, 1000],
    [48_000, 8000, 3500],
    [8000, 7919, 1234],
  ])("from %d to %d Hz keeps a tone of %d Hz", (from, to, hertz) => {
    const out = resample(sine(hertz, from), from, to);
    expect(out).toHaveLength(Math.ceil((Math.floor(from / 2) * to) / from));
    const expected = Float32Array.from(out, (_, i) => Math.sin((2 * Math.PI * hertz * i) / to));
    const error = Math.max(...inner(out.map((x, i) => Math.abs(x - (expected[i] as number)))));
    expect(error).toBeLessThan(1e-3);
  });

  it.each([
    [44_100, 16_000, 8100],
    [44_100, 16_000, 12_000],
    [16_000, 8000, 5000],
  ])("from %d to %d Hz silences a tone of %d Hz, which would come back as another", (from, to, hertz) => {
    expect(loudness(resample(sine(hertz, from), from, to))).toBeLessThan(1e-3 * Math.SQRT1_2);
  });

  it("keeps a constant, and the samples where the rate is the same", () => {
    const constant = new Float32Array(4000).fill(0.25);
    for (const x of inner(resample(constant, 8000, 11_025))) expect(x).toBeCloseTo(0.25, 6);
    expect(resample(constant, 8000, 8000)).toBe(constant);
  });

  it("refuses a rate that is none", () => {
    expect(() => resample(new Float32Array(3), 0, 8000)).toThrow(OptionError);
  });
});

interface Fixture {
  readonly options: SoundFeatureOptions;
  readonly coefficients: number;
  readonly samples: number[];
  readonly shape: number[];
  readonly logMel: number[];
  readonly mfcc: number[];
}
// The formulas in NumPy; see make_sound.py.
const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/sound.json", import.meta.url), "utf8"));

describe("features", () => {
  const samples = Float32Array.from(fixture.samples);
  const close = (actual: Float32Array, expected: number[]) => {
    expect(actual).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(Math.abs((actual[i] as number) - value)).toBeLessThan(2e-5);
  };

  it("logMel is NumPy's", () => {
    close(featuresOf(samples, soundFeatures(fixture.options)), fixture.logMel);
  });

  it("mfcc is NumPy's", () => {
    const features = soundFeatures({ ...fixture.options, kind: "mfcc", coefficients: fixture.coefficients });
    close(featuresOf(samples, features), fixture.mfcc);
  });

  it("a tone is in the band around it", () => {
    const features = soundFeatures({ rate: 8000, bands: 20 });
    const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
    for (const hertz of [300, 1000, 3000]) {
      const logs = featuresOf(
        Float32Array.from(tone(hertz, 0.025), (x) => x / 32768),
        features,
      );
      const step = (mel(4000) - mel(20)) / 21;
      const nearest = Math.round((mel(hertz) - mel(20)) / step) - 1;
      expect(logs.indexOf(Math.max(...logs))).toBe(nearest);
    }
  });

  it("of a sound shorter than a stretch are those of one filled with silence, and silence has ln 1e-10", () => {
    const features = soundFeatures({ rate: 8000, bands: 5 });
    const short = Float32Array.of(0.1, -0.2, 0.3);
    const filled = new Float32Array(200);
    filled.set(short);
    expect(featuresOf(short, features)).toEqual(featuresOf(filled, features));
    expect([...featuresOf(new Float32Array(200), features)]).toEqual(new Array(5).fill(Math.fround(Math.log(1e-10))));
  });

  it.each([
    [{ high: 9000 }, "high"],
    [{ low: 5000, high: 4000 }, "high"],
    [{ window: 0 }, "window"],
    [{ hop: 0 }, "hop"],
    [{ bands: 0 }, "bands"],
    [{ coefficients: 13 }, "coefficients are for mfcc"],
    [{ kind: "mfcc", coefficients: 99 }, "coefficients"],
    [{ kind: "fft" }, "kind"],
    [{ rates: 8000 }, 'Did you mean "rate"'],
  ])("refuses %j", (options, says) => {
    expect(() => soundFeatures(options as SoundFeatureOptions)).toThrow(OptionError);
    expect(() => soundFeatures(options as SoundFeatureOptions)).toThrow(says);
  });
});

const classes = ["low", "high"];
const sounds = () => ({
  sounds: [300, 2000, 310, 2100].map((hertz, i) => wav(wavFile([tone(hertz, 0.05 + 0.01 * i)]))),
  labels: [0, 1, 0, 1],
  classes,
});

describe("soundData", () => {
  const features = soundFeatures({ rate: 8000, bands: 8 });

  it("pads to the longest, says how long each is, and standardises each feature", () => {
    const data = soundData(sounds(), { features });
    // 0.05 s are 400 samples: 1 + floor((400 - 200) / 80) = 3 stretches; 0.08 s are 6.
    expect(data.inputShapes).toEqual({ input: [6, 8], lengths: [] });
    const { inputs, targets } = batch(data);
    expect([...inputs.lengths.data]).toEqual([3, 4, 5, 6]);
    expect([...targets.target.data]).toEqual([0, 1, 0, 1]);
    const rows = [3, 4, 5, 6].flatMap((count, row) => [...inputs.input.data.subarray(row * 48, row * 48 + count * 8)]);
    for (let f = 0; f < 8; f++) {
      const values = rows.filter((_, i) => i % 8 === f);
      const mean = values.reduce((a, b) => a + b) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length).toBeCloseTo(1, 4);
    }
    expect([...inputs.input.data.subarray(24, 48)]).toEqual(new Array(24).fill(0));
  });

  it("does not divide what never changes in training, however long: silence", () => {
    const silence = { rate: 8000, channels: [new Float32Array(120_000)] };
    const { encoding } = soundData({ sounds: [silence, silence], labels: [0, 1], classes }, { features });
    expect(encoding.deviation).toEqual(new Array(8).fill(1));
    for (const mean of encoding.mean) expect(mean).toBeCloseTo(Math.log(1e-10), 5);
  });

  it("encodes other sounds as these: another rate, two channels, classes in another order", () => {
    const { encoding } = soundData(sounds(), { features, length: 4 });
    const saved = parseEncoding(JSON.stringify(encoding), "net");
    expect(saved).toEqual(encoding);
    const one = tone(2000, 0.05, 16_000);
    const other = encodeSounds(
      { sounds: [wav(wavFile([one, one], { rate: 16_000 }))], labels: [0], classes: ["high"] },
      encoding,
    );
    const again = encodeSounds({ sounds: [wav(wavFile([tone(2000, 0.05)]))], labels: [1], classes }, encoding);
    const [a, b] = [batch(other), batch(again)];
    expect(a.targets.target.data).toEqual(Int32Array.of(1));
    expect(a.inputs.lengths.data).toEqual(b.inputs.lengths.data);
    for (const [i, x] of b.inputs.input.data.slice(8, 16).entries())
      expect(Math.abs((a.inputs.input.data[8 + i] as number) - x)).toBeLessThan(0.2);
  });

  it("refuses strangers and what does not fit", () => {
    const { encoding } = soundData(sounds(), { features });
    expect(() => encodeSounds({ ...sounds(), classes: ["low", "middle"] }, encoding)).toThrow('the class "middle"');
    expect(() => soundData({ sounds: [], labels: [], classes }, { features })).toThrow(DataError);
    for (const spoil of [{ mean: [0] }, { deviation: [0] }, { length: 0 }, { features: { ...features, bands: -1 } }])
      expect(() => parseEncoding(JSON.stringify({ ...encoding, ...spoil }), "net")).toThrow(FormatError);
  });
});

function batch(data: ReturnType<typeof soundData>, draw?: { seed: number; step: number }) {
  const all = Array.from({ length: data.length }, (_, i) => i);
  return data.batch(all, draw) as unknown as {
    inputs: { input: { data: Float32Array }; lengths: { data: Int32Array } };
    targets: { target: { data: Int32Array } };
  };
}

describe("augmentSounds", () => {
  const data = soundData(sounds(), { features: soundFeatures({ rate: 8000, bands: 8 }) });
  const draw = { seed: 1, step: 5 };

  it.each([{ speed: 0.2 }, { shift: 0.01 }, { gain: 6 }, { noise: 0.05 }, { maskFeatures: 4 }, { maskTime: 3 }])(
    "varies by %j, the same for the same draw, and not without one",
    (options) => {
      const varied = augmentSounds(data, options);
      expect(batch(varied)).toEqual(batch(data));
      expect(batch(varied, draw)).toEqual(batch(varied, draw));
      expect(batch(varied, draw).inputs.input.data).not.toEqual(batch(data).inputs.input.data);
      expect(batch(varied, draw).inputs.input.data).not.toEqual(batch(varied, { ...draw, step: 6 }).inputs.input.data);
      expect(batch(varied, draw).targets).toEqual(batch(data).targets);
    },
  );

  it("without options leaves all as it is", () => {
    expect(batch(augmentSounds(data, {}), draw)).toEqual(batch(data));
  });

  it("louder by a gain is the same number more in every band", () => {
    const { mean, deviation } = data.encoding;
    const [plain, louder] = [batch(data), batch(augmentSounds(data, { gain: 6 }), draw)].map(({ inputs }) =>
      [...inputs.input.data.subarray(0, 24)].map((x, i) => x * (deviation[i % 8] as number) + (mean[i % 8] as number)),
    ) as [number[], number[]];
    const more = louder.map((x, i) => x - (plain[i] as number));
    // 6 dB are a factor of 4 in power at most.
    expect(Math.abs(more[0] as number)).toBeLessThan(Math.log(4));
    expect(Math.max(...more) - Math.min(...more)).toBeLessThan(5e-3);
  });

  it("refuses what is no option", () => {
    expect(() => augmentSounds(data, { speed: 2 })).toThrow(MidstError);
    expect(() => augmentSounds(data, { sped: 0.1 } as object)).toThrow('Did you mean "speed"');
  });
});
