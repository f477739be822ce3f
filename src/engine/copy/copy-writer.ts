/**
 * Rows as COPY TO sends them: text, CSV or binary, a CopyData message each. Kernels write them
 * (vector/output); a row that these leave is put together here.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { codecFor } from '../../types/codecs.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import type { Oid } from '../../types/type.ts';
import { ColumnPlan } from '../../vector/output/column-plan.ts';
import { COPY_DATA, type MessageTarget } from '../../vector/output/message-target.ts';
import { RowMessages } from '../../vector/output/row-messages.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { BINARY_SIGNATURE } from './binary-reader.ts';
import type { CopyOptions } from './options.ts';

interface OutputField {
  readonly name: string;
  readonly codec: Codec;
  /** Escapes or quotes a text. */
  readonly form: ((text: string) => string) | undefined;
}

const TEXT_ESCAPES = new Map<string, string>([
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** What numbers, dates and bools are printed with. */
const NUMBER_CHARACTERS = /[-+.: \w]/;
const ONLY_NUMBER_CHARACTERS = /^[-+.: \w]+$/;
const ENCODER = new TextEncoder();

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
          new ColumnPlan(oid, format !== 'binary', forms[i], areNumbersPlain(name, options)),
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
    const names = this.#fields.map(({ name }) =>
      format === 'csv' ? csvField(name, this.#options, false, false) : textForm(delimiter)(name),
    );
    return ENCODER.encode(`${names.join(delimiter)}\n`);
  }

  /** Writes rows from `from` on until the batch ends or the target is due; answers where to go on. */
  rows(target: MessageTarget, batch: Batch, from: number): number {
    let row = from;
    while (row < batch.length && target.room > 0) {
      // The signature shares a message with the first row, as PostgreSQL sends it.
      if (!this.#signature) row = this.#messages.encode(target, batch, this.#settings, row);
      if (row < batch.length && target.room > 0) this.#one(target, batch, row++);
    }
    return row;
  }

  /** What comes after the last row. */
  end(): Uint8Array | undefined {
    if (this.#options.format !== 'binary') return undefined;
    this.#row.reset();
    this.#putSignature();
    this.#row.i16(-1);
    return this.#row.toBytes();
  }

  #one(target: MessageTarget, batch: Batch, row: number): void {
    this.#row.reset();
    this.#row.u8(COPY_DATA);
    this.#row.u32(0);
    if (this.#options.format === 'binary') {
      this.#putSignature();
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

  #putSignature(): void {
    if (!this.#signature) return;
    this.#signature = false;
    this.#row.bytes(BINARY_SIGNATURE);
    this.#row.u32(0);
    this.#row.u32(0);
  }

  #textRow(batch: Batch, row: number): void {
    const { nullText, delimiter } = this.#options;
    const parts = this.#fields.map(({ codec, form }, c) => {
      const value = valueAt(batch.columns[c] as Vector, row);
      if (value === null) return nullText;
      const text = codec.formatText(value, this.#settings);
      return form === undefined ? text : form(text);
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

function formOf(
  name: string,
  columns: number,
  options: CopyOptions,
): ((text: string) => string) | undefined {
  if (options.format === 'binary') return undefined;
  if (options.format === 'text') return textForm(options.delimiter);
  const force = isForced(name, options);
  return (text) => csvField(text, options, force, columns === 1);
}

function isForced(name: string, { forceQuote }: CopyOptions): boolean {
  return forceQuote === '*' || forceQuote?.includes(name) === true;
}

/** True where nothing in a number or a date of the column can need escapes or quotes. */
function areNumbersPlain(name: string, options: CopyOptions): boolean {
  const { format, delimiter, quote, escape, nullText } = options;
  if (format === 'binary') return true;
  if (NUMBER_CHARACTERS.test(delimiter)) return false;
  if (format === 'text') return true;
  if (isForced(name, options) || NUMBER_CHARACTERS.test(quote + escape)) return false;
  return !ONLY_NUMBER_CHARACTERS.test(nullText);
}

function textForm(delimiter: string): (text: string) => string {
  const special = delimiter.replace(/[\\\]^-]/g, '\\$&');
  const mustEscape = new RegExp(`[\\\\\\b\\f\\n\\r\\t\\v${special}]`, 'g');
  return (text) =>
    text.replace(mustEscape, (character) => TEXT_ESCAPES.get(character) ?? `\\${character}`);
}

function csvField(
  text: string,
  { delimiter, quote, escape, nullText }: CopyOptions,
  force: boolean,
  isAlone: boolean,
): string {
  const needs =
    force ||
    text === nullText ||
    text.includes(delimiter) ||
    text.includes(quote) ||
    /[\r\n]/.test(text) ||
    // A line of nothing else would end the data.
    (isAlone && text === '\\.');
  if (!needs) return text;
  let escaped = '';
  for (const character of text) {
    escaped += character === quote || character === escape ? escape + character : character;
  }
  return quote + escaped + quote;
}
