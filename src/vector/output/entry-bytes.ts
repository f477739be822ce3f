/** Texts as UTF-8 in the kernels' memory, many in one step. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { newSpan, type Dictionary } from '../dictionary.ts';
import { copyBytes } from '../text-pages.ts';

const ENCODER = new TextEncoder();
/** PostgreSQL's texts have none in them, so it can tell where one ends. */
const END = '\0';

/**
 * Encodes texts one behind the other into `room` bytes at an address and writes an entry for each.
 * Answers the bytes used, -1 where they do not fit.
 */
export function encodeTexts(
  texts: readonly string[],
  start: number,
  room: number,
  entries: number,
): number {
  const { u8 } = kernelViews();
  const all = texts.join(END) + END;
  const { read, written } = ENCODER.encodeInto(all, u8.subarray(start, start + room));
  if (read < all.length) return -1;
  if (kernels.splitEntries(start, start + written, entries, texts.length) !== 0) return written;
  return encodeEach(texts, start, room, entries);
}

/** The same for texts with zero bytes in them, which only our own functions could make. */
function encodeEach(
  texts: readonly string[],
  start: number,
  room: number,
  entries: number,
): number {
  const { u8, u32 } = kernelViews();
  let at = start;
  let entry = entries / 4;
  for (const text of texts) {
    const { read, written } = ENCODER.encodeInto(text, u8.subarray(at, start + room));
    if (read < text.length) return -1;
    u32[entry] = at;
    u32[entry + 1] = written;
    entry += 2;
    at += written;
  }
  return at - start;
}

const span = newSpan();

/** Copies entries one behind the other to an address, where they must fit, and writes an entry for each. */
export function copyEntries(
  dictionary: Dictionary,
  codes: ArrayLike<number>,
  start: number,
  entries: number,
): number {
  const { u8, u32 } = kernelViews();
  let at = start;
  let entry = entries / 4;
  for (let i = 0; i < codes.length; i++, entry += 2) {
    dictionary.spanAt(codes[i] as number, span);
    copyBytes(span.bytes, span.start, span.end, u8, at);
    u32[entry] = at;
    u32[entry + 1] = span.end - span.start;
    at += span.end - span.start;
  }
  return at - start;
}
