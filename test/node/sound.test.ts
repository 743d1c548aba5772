import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, FormatError } from "../../src/base/errors.js";
import { soundFeatures } from "../../src/data/index.js";
import { readSound, soundFolder, soundFolders } from "../../src/node/index.js";
import { tone, wavFile } from "../data/wavFile.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-sound-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array = wavFile([tone(440, 0.1)])): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

describe("readSound", () => {
  it("reads a WAV file, and names one that lies", async () => {
    const sound = await readSound(await file("a.wav"));
    expect([sound.rate, sound.channels.length, sound.channels[0]?.length]).toEqual([8000, 1, 800]);
    const short = await file("short.wav", wavFile([tone(440, 0.1)]).subarray(0, 100));
    await expect(readSound(short)).rejects.toThrow(FormatError);
    await expect(readSound(short)).rejects.toThrow("short.wav: says it has 1600 bytes of samples, but only 56 follow");
    await expect(readSound(join(folder, "none.wav"))).rejects.toThrow(DataError);
  });
});

describe("soundFolder", () => {
  it("takes classes from names, and the lowest rate", async () => {
    await file("names/0_anna_1.wav");
    await file("names/1_anna_1.wav", wavFile([tone(440, 0.2, 16_000)], { rate: 16_000 }));
    await file("names/0_bert_1.wav");
    await file("names/readme.txt", new Uint8Array(3));
    const data = await soundFolder(join(folder, "names"));
    expect([data.length, data.classes, [...(data.labels as Int32Array)]]).toEqual([3, ["0", "1"], [0, 0, 1]]);
    expect(data.encoding.features).toEqual(soundFeatures({ rate: 8000 }));
    // 0.2 s at 8 kHz: 1 + floor((1600 - 200) / 80) stretches.
    expect(data.inputShapes).toEqual({ input: [18, 40], lengths: [] });
  });

  it("takes classes from folders, in parts encoded alike", async () => {
    for (const part of ["train", "test"]) for (const name of ["yes", "no"]) await file(`words/${part}/${name}/1.wav`);
    const features = soundFeatures({ rate: 8000, kind: "mfcc" });
    const { train, test, validation } = await soundFolders(join(folder, "words"), { features, length: 5 });
    expect([train.classes, test?.length, validation]).toEqual([["no", "yes"], 2, undefined]);
    expect(train.inputShapes.input).toEqual([5, 13]);
    expect(test?.encoding).toEqual(train.encoding);
    await expect(soundFolder(join(folder, "words"))).rejects.toThrow(
      "it has the parts test, train. Use soundFolders()",
    );
  });

  it("refuses names without a class, one class, none, other kinds and damaged files, by name", async () => {
    await file("loose/hello.wav");
    await expect(soundFolder(join(folder, "loose"))).rejects.toThrow('"hello.wav" does not begin with a class');
    await file("single/a_1.wav");
    await expect(soundFolder(join(folder, "single"))).rejects.toThrow("one class only");
    await mkdir(join(folder, "nothing"));
    await expect(soundFolder(join(folder, "nothing"))).rejects.toThrow("no WAV files");
    await file("songs/a_1.mp3");
    await expect(soundFolder(join(folder, "songs"))).rejects.toThrow("Convert it to WAV");
    await file("damaged/a_1.wav");
    await file("damaged/b_1.wav", new Uint8Array(50));
    await expect(soundFolder(join(folder, "damaged"))).rejects.toThrow("b_1.wav: is no WAV file");
    await expect(soundFolders(join(folder, "names"))).rejects.toThrow('no folder "train"');
  });
});
