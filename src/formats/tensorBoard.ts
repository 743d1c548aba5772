import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FormatError } from "../base/errors.js";
import { EventSchema, SessionLog_SessionStatus as SessionStatus } from "./generated/tensorBoard_pb.js";
import type { Histogram } from "./tensorBoardHistogram.js";
import { tfRecord } from "./tensorBoardRecord.js";

/** What TensorBoard shows under one tag at one step. */
export type Summary =
  | { readonly scalar: number }
  | { readonly histogram: Histogram }
  /** The bytes of a PNG file. */
  | { readonly png: Uint8Array };

/**
 * The name of an event file: TensorBoard reads the files whose names hold "tfevents", in the order of their names.
 * @param seconds since 1970; the fraction is dropped
 */
export const eventFileName = (seconds: number, host = "midst"): string =>
  `events.out.tfevents.${String(Math.floor(seconds)).padStart(10, "0")}.${host}`;

/** What every event file begins with. `wallTime` in seconds since 1970, here and below. */
export const fileVersion = (wallTime: number): Uint8Array =>
  event({ wallTime, what: { case: "fileVersion", value: "brain.Event:2" } });

/** Says that a run begins again: TensorBoard forgets what it has of this step and of later ones. */
export const sessionStart = (step: number, wallTime: number): Uint8Array =>
  event({
    wallTime,
    step: BigInt(step),
    what: { case: "sessionLog", value: { status: SessionStatus.START } },
  });

/**
 * What is shown of one step, by tag. Tags with a slash are grouped by what stands before it.
 * @throws FormatError for a picture that is no PNG
 */
export const summaries = (step: number, wallTime: number, values: Readonly<Record<string, Summary>>): Uint8Array =>
  event({
    wallTime,
    step: BigInt(step),
    what: {
      case: "summary",
      value: { value: Object.entries(values).map(([tag, summary]) => ({ tag, value: contentOf(tag, summary) })) },
    },
  });

function event(fields: MessageInitShape<typeof EventSchema>): Uint8Array {
  return tfRecord(toBinary(EventSchema, create(EventSchema, fields)));
}

function contentOf(tag: string, summary: Summary) {
  if ("scalar" in summary) return { case: "simpleValue" as const, value: summary.scalar };
  if ("histogram" in summary) {
    const { bucketLimit, bucket, ...rest } = summary.histogram;
    return { case: "histo" as const, value: { ...rest, bucketLimit: [...bucketLimit], bucket: [...bucket] } };
  }
  return { case: "image" as const, value: { ...pngHeader(summary.png, tag), encodedImageString: summary.png.slice() } };
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** TensorBoard's numbers for PNG's kinds of colour: the channels; a palette is of colours. */
const colorspaces: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

function pngHeader(png: Uint8Array, place: string): { width: number; height: number; colorspace: number } {
  const colorspace = colorspaces[png[25] ?? -1];
  if (png.length < 33 || !signature.every((byte, i) => png[i] === byte) || colorspace === undefined)
    throw new FormatError("the picture is not the bytes of a PNG file. encodePng() makes them.", { place });
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20), colorspace };
}
