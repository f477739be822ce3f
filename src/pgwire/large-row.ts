/** A DataRow with fields of megabytes, written in steps. */
import type { FieldDescription, FormatCode } from '../engine/session.ts';
import { ByteChunks } from '../types/byte-chunks.ts';
import type { FormatSettings } from '../types/codec.ts';
import { codecFor } from '../types/codecs.ts';
import { writePieces } from '../types/large-value.ts';
import { piecesAt, writeStepsAt } from '../vector/long-texts.ts';
import { DATA_ROW } from '../vector/output/message-target.ts';
import { isNullAt, type Batch, type Vector } from '../vector/vector.ts';
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
    const vector = batch.columns[i] as Vector;
    if (isNullAt(vector, row)) {
      chunks.tail.i32(-1);
      continue;
    }
    const codec = codecFor(type.oid);
    const field = chunks.begin();
    if (formatAt(formats, i) === 0) {
      yield* writePieces(chunks, piecesAt(vector, row, codec, settings));
    } else yield* writeStepsAt(vector, row, codec, chunks, settings);
    chunks.end(field);
  }
  chunks.end(message, 4);
  return chunks.finish();
}
