/**
 * Rows as COPY TO sends them: text, CSV or binary, a CopyData message each. Kernels write them
 * (vector/output); a row that these leave is put together here.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { ByteChunks } from '../../types/byte-chunks.ts';
import { codecFor } from '../../types/codecs.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import { isLarge, writePieces } from '../../types/large-value.ts';
import type { Oid } from '../../types/type.ts';
import { ColumnPlan } from '../../vector/output/column-plan.ts';
import { piecesAt, writeStepsAt } from '../../vector/long-texts.ts';
import { COPY_DATA, type MessageTarget } from '../../vector/output/message-target.ts';
import { RowMessages } from '../../vector/output/row-messages.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { BINARY_SIGNATURE } from './binary-reader.ts';
import { areNumbersPlain, formOf, headerForm, type TextForm } from './copy-forms.ts';
import type { CopyOptions } from './options.ts';

interface OutputField {
  readonly name: string;
  readonly codec: Codec;
  readonly form: TextForm | undefined;
}

const ENCODER = new TextEncoder();
const LINE_END = 10;

export class CopyWriter {
  readonly #fields: readonly OutputField[];
  readonly #options: CopyOptions;
  readonly #settings: FormatSettings;
  readonly #messages: RowMessages;
  readonly #row = new ByteWriter();
  /** Belongs before the first row, in its message. */
  #signature: boolean;

  constructor(
    fields: readonly { readonly name: string; readonly oid: Oid }[],
    options: CopyOptions,
    settings: FormatSettings,
  ) {
    const { format, delimiter, nullText } = options;
    const forms = fields.map(({ name }) => formOf(name, fields.length, options));
    this.#fields = fields.map(({ name, oid }, i) => ({
      name,
      codec: codecFor(oid),
      form: forms[i],
    }));
    this.#options = options;
    this.#settings = settings;
    this.#signature = format === 'binary';
    this.#messages = new RowMessages(
      COPY_DATA,
      fields.map(
        ({ name, oid }, i) =>
          new ColumnPlan(oid, format !== 'binary', forms[i]?.whole, areNumbersPlain(name, options)),
      ),
      format === 'binary'
        ? undefined
        : { delimiter: delimiter.charCodeAt(0), nullText: ENCODER.encode(nullText) },
    );
  }

  /** The line of names, if there is one. */
  header(): Uint8Array | undefined {
    const { format, header, delimiter } = this.#options;
    if (format === 'binary' || header === false) return undefined;
    const names = this.#fields.map(({ name }) => headerForm(this.#options).whole(name));
    return ENCODER.encode(`${names.join(delimiter)}\n`);
  }

  /** Writes rows from `from` on until the batch ends or the target is due; answers where to go on. */
  rows(target: MessageTarget, batch: Batch, from: number): number {
    let row = from;
    while (row < batch.length && target.room > 0) {
      // The signature shares a message with the first row, as PostgreSQL sends it.
      if (!this.#signature) row = this.#messages.encode(target, batch, this.#settings, row);
      if (row === batch.length || target.room === 0 || this.isLarge(batch, row)) break;
      this.#one(target, batch, row++);
    }
    return row;
  }

  /** True where a row has fields that should be written in pieces, by `largeRow`. */
  isLarge(batch: Batch, row: number): boolean {
    return batch.columns.some((column) => isLarge(valueAt(column, row)));
  }

  /** The pieces of a large row's message. */
  *largeRow(batch: Batch, row: number): Generator<void, readonly Uint8Array[], void> {
    const chunks = new ByteChunks();
    chunks.tail.u8(COPY_DATA);
    const message = chunks.begin();
    this.#putSignature(chunks.tail);
    const isBinary = this.#options.format === 'binary';
    if (isBinary) chunks.tail.i16(this.#fields.length);
    for (const [c, { codec, form }] of this.#fields.entries()) {
      const vector = batch.columns[c] as Vector;
      if (!isBinary) {
        if (c > 0) chunks.utf8(this.#options.delimiter);
        if (isNullAt(vector, row)) chunks.utf8(this.#options.nullText);
        else {
          const pieces = piecesAt(vector, row, codec, this.#settings);
          yield* writePieces(chunks, form === undefined ? pieces : form.pieces(pieces));
        }
      } else if (isNullAt(vector, row)) chunks.tail.i32(-1);
      else {
        const field = chunks.begin();
        yield* writeStepsAt(vector, row, codec, chunks, this.#settings);
        chunks.end(field);
      }
    }
    if (!isBinary) chunks.tail.u8(LINE_END);
    chunks.end(message, 4);
    return chunks.finish();
  }

  /** What comes after the last row. */
  end(): Uint8Array | undefined {
    if (this.#options.format !== 'binary') return undefined;
    this.#row.reset();
    this.#putSignature(this.#row);
    this.#row.i16(-1);
    return this.#row.toBytes();
  }

  #one(target: MessageTarget, batch: Batch, row: number): void {
    this.#row.reset();
    this.#row.u8(COPY_DATA);
    this.#row.u32(0);
    if (this.#options.format === 'binary') {
      this.#putSignature(this.#row);
      this.#binaryRow(batch, row);
    } else {
      this.#textRow(batch, row);
    }
    this.#row.patchI32(1, this.#row.length - 1);
    const bytes = this.#row.view();
    target.ensure(bytes.length);
    target.bytes.set(bytes, target.length);
    target.length += bytes.length;
  }

  #putSignature(writer: ByteWriter): void {
    if (!this.#signature) return;
    this.#signature = false;
    writer.bytes(BINARY_SIGNATURE);
    writer.u32(0);
    writer.u32(0);
  }

  #textRow(batch: Batch, row: number): void {
    const { nullText, delimiter } = this.#options;
    const parts = this.#fields.map(({ codec, form }, c) => {
      const value = valueAt(batch.columns[c] as Vector, row);
      if (value === null) return nullText;
      const text = codec.formatText(value, this.#settings);
      return form === undefined ? text : form.whole(text);
    });
    this.#row.utf8(`${parts.join(delimiter)}\n`);
  }

  #binaryRow(batch: Batch, row: number): void {
    this.#row.i16(this.#fields.length);
    for (const [c, { codec }] of this.#fields.entries()) {
      const value = valueAt(batch.columns[c] as Vector, row);
      if (value === null) {
        this.#row.i32(-1);
        continue;
      }
      const at = this.#row.reserve(4);
      const start = this.#row.length;
      codec.writeBinary(this.#row, value, this.#settings);
      this.#row.patchI32(at, this.#row.length - start);
    }
  }
}
