/** A DataRow with fields of megabytes, written in steps. */
import type { FieldDescription, FormatCode } from '../engine/session.ts';
import { ByteChunks } from '../types/byte-chunks.ts';
import type { FormatSettings } from '../types/codec.ts';
import { codecFor } from '../types/codecs.ts';
import { textPieces, writePieces, writeSteps } from '../types/large-value.ts';
import { DATA_ROW } from '../vector/output/message-target.ts';
import { valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { formatAt } from './backend-messages.ts';

/** The bytes of the message. Nothing is sent before it is whole: its length comes first. */
export function* largeRow(
  batch: Batch,
  fields: readonly FieldDescription[],
  formats: readonly FormatCode[],
  settings: FormatSettings,
  row: number,
): Generator<void, readonly Uint8Array[], void> {
  const chunks = new ByteChunks();
  chunks.tail.u8(DATA_ROW);
  const message = chunks.begin();
  chunks.tail.i16(fields.length);
  for (const [i, { type }] of fields.entries()) {
    const value = valueAt(batch.columns[i] as Vector, row);
    if (value === null) {
      chunks.tail.i32(-1);
      continue;
    }
    const codec = codecFor(type.oid);
    const field = chunks.begin();
    if (formatAt(formats, i) === 0) {
      yield* writePieces(chunks, textPieces(codec, value, settings));
    } else yield* writeSteps(codec, chunks, value, settings);
    chunks.end(field);
  }
  chunks.end(message, 4);
  return chunks.finish();
}
