/**
 * Texts of megabytes that were put together from parts. As strings they are ropes, which the engine copies
 * in one go when somebody looks at them; who sends them on goes through the parts instead.
 */
import type { ByteChunks } from '../types/byte-chunks.ts';
import type { Codec, FormatSettings, Pieces, Steps } from '../types/codec.ts';
import { slices, textPieces, writePieces, writeSteps } from '../types/large-value.ts';
import type { Value } from '../types/value.ts';
import { valueAt, type Vector } from './vector.ts';
import type { Dictionary } from './dictionary.ts';

/** By dictionary and code. */
const PARTS = new WeakMap<Dictionary, Map<number, readonly string[]>>();

/** Keeps what a row's text consists of. */
export function keepParts(vector: Vector, row: number, parts: readonly string[]): void {
  if (vector.rep !== 'text') return;
  let kept = PARTS.get(vector.dictionary);
  if (kept === undefined) PARTS.set(vector.dictionary, (kept = new Map()));
  kept.set(vector.codes[row] as number, parts);
}

export function partsAt(vector: Vector, row: number): readonly string[] | undefined {
  if (vector.rep !== 'text') return undefined;
  return PARTS.get(vector.dictionary)?.get(vector.codes[row] as number);
}

/** The text form of a row's value, which is not NULL, in pieces. */
export function piecesAt(
  vector: Vector,
  row: number,
  codec: Codec,
  settings: FormatSettings,
): Pieces {
  const parts = partsAt(vector, row);
  if (parts !== undefined) return slicesOf(parts);
  return textPieces(codec, valueAt(vector, row) as NonNullable<Value>, settings);
}

/** Writes the binary form of a row's value, which is not NULL. */
export function writeStepsAt(
  vector: Vector,
  row: number,
  codec: Codec,
  chunks: ByteChunks,
  settings: FormatSettings,
): Steps {
  const parts = partsAt(vector, row);
  // Types of texts are their characters in binary, too.
  if (parts !== undefined) return writePieces(chunks, slicesOf(parts));
  return writeSteps(codec, chunks, valueAt(vector, row) as NonNullable<Value>, settings);
}

function* slicesOf(parts: readonly string[]): Pieces {
  for (const part of parts) yield* slices(part);
}
