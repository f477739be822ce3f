/**
 * Rows of literals in the text of an INSERT, read into columns as COPY reads its input. Whatever is not
 * simply a literal of its column's type makes it give up.
 */
import { FIELD_ODD, FIELD_QUOTED, META_NULL, STOP_ROW } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Batch } from '../../vector/vector.ts';
import { BlockReader, type BlockForm, type FieldReader } from '../copy/block-reader.ts';
import { ColumnSink } from '../copy/column-sink.ts';
import { fieldBlock, inputAddress, PIECE_MAX } from '../copy/field-block.ts';
import { CopyPlace } from '../copy/row-reader.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';

const BATCH_ROWS = 16_384;
/** Characters that a value takes, with what is around it: a guess of how many rows there are. */
const VALUE_CHARACTERS = 8;
const QUOTE = 0x27;
const SEMICOLON = 0x3b;
const PLAIN_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const END = /^\s*;?\s*$/;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const FORM: BlockForm = {
  split: (block, at, end) => kernels.splitValues(block, at, end),
  isBinary: false,
  nullsOf: () => ({
    bytes: undefined,
    hasEscape: false,
    mayBeBare: true,
    mayBeQuoted: false,
    isSql: true,
  }),
};

class GivesUp extends Error {}

/** Reads statements of one plan; it can be used again when it has ended. */
export class ValuesReader implements FieldReader {
  readonly #sinks: readonly ColumnSink[];
  readonly #blocks: BlockReader;
  #capacity = 0;
  #rows = 0;
  #batches: Batch[] = [];
  /** Rows of the statement before: the next one has mostly as many. */
  #lastRows = 0;
  isBusy = false;
  /** The batches are stored once and not read after that: see ColumnSink. */
  borrows = false;

  constructor(types: readonly SqlType[], settings: FormatSettings) {
    this.#sinks = types.map((type) => new ColumnSink('', type, 0, settings, undefined));
    this.#blocks = new BlockReader(this.#sinks, FORM, this, new CopyPlace(''));
  }

  /** Batches of the rows in the UTF-8 after VALUES; undefined where it holds more than literals. */
  async read(
    bytes: Uint8Array,
    settings: FormatSettings,
    checkpoint: () => Promise<void> | undefined,
  ): Promise<readonly Batch[] | undefined> {
    this.isBusy = true;
    try {
      this.#begin(bytes.length, settings);
      for (let at = 0; ;) {
        const next = this.#piece(bytes, at);
        if (next === undefined) return undefined;
        if (next < 0) return this.#take();
        at = next;
        const pause = checkpoint();
        if (pause !== undefined) await pause;
      }
    } finally {
      this.isBusy = false;
      this.#batches = [];
      // A session's settings hold the session, which this outlives.
      for (const sink of this.#sinks) sink.settings = NEUTRAL_FORMAT;
    }
  }

  #begin(length: number, settings: FormatSettings): void {
    const guess = Math.ceil(length / (this.#sinks.length * VALUE_CHARACTERS));
    this.#capacity = Math.min(BATCH_ROWS, this.#lastRows || guess);
    this.#rows = 0;
    this.#blocks.forget();
    for (const sink of this.#sinks) {
      sink.settings = settings;
      sink.borrows = this.borrows;
      sink.start(this.#capacity);
    }
  }

  /** Reads rows from `at` on; returns where to go on, -1 at the end. */
  #piece(bytes: Uint8Array, at: number): number | undefined {
    const piece = bytes.subarray(at, at + PIECE_MAX);
    const first = inputAddress(fieldBlock(), piece.byteOffset);
    const { u8 } = kernelViews();
    u8.set(piece, first);
    let end = first + piece.length;
    // What follows the last row tells that it is complete.
    if (at + piece.length === bytes.length) u8[end++] = SEMICOLON;
    let next = first;
    try {
      do {
        this.#makeRoom();
        next = this.#blocks.read(next, end, this.#rows, this.#capacity - this.#rows);
        this.#rows += this.#blocks.rows;
      } while (this.#blocks.rows > 0 && this.#blocks.stop === 0);
    } catch {
      // The ordinary way finds what is wrong, if anything is.
      return undefined;
    }
    const read = at + next - first;
    if (this.#blocks.stop === 0) return next > first ? read : undefined;
    const isEnd = this.#blocks.stop === STOP_ROW && END.test(latin1(bytes.subarray(read)));
    return isEnd ? -1 : undefined;
  }

  #makeRoom(): void {
    if (this.#rows === BATCH_ROWS) {
      this.#batches.push(this.#batch());
      for (const sink of this.#sinks) sink.start();
      this.#rows = 0;
    } else if (this.#rows === this.#capacity) {
      this.#capacity = Math.min(BATCH_ROWS, this.#capacity * 4);
      for (const sink of this.#sinks) sink.reserve(this.#capacity);
    }
  }

  #batch(): Batch {
    const length = this.#rows;
    return { columns: this.#sinks.map((sink) => sink.finish(length)), length };
  }

  #take(): readonly Batch[] {
    const batches = this.#batches;
    this.#lastRows = batches.length > 0 ? BATCH_ROWS : this.#rows;
    if (this.#rows > 0) batches.push(this.#batch());
    return batches;
  }

  readField(bytes: Uint8Array, start: number, meta: number, column: number, row: number): void {
    const sink = this.#sinks[column];
    if (meta === META_NULL) return sink.setNull(row);
    const length = meta & (FIELD_QUOTED - 1);
    const text = DECODER.decode(bytes.subarray(start, start + length));
    if (meta >= FIELD_ODD) {
      if (bytes[start] === QUOTE) sink.setText(row, text.slice(1, -1).replaceAll("''", "'"));
      else sink.setValue(row, wordValue(text, sink.type));
    } else if (meta >= FIELD_QUOTED) sink.setText(row, text);
    else sink.setValue(row, numberValue(text, sink));
  }
}

function wordValue(word: string, type: SqlType): boolean {
  const lower = word.toLowerCase();
  if (type.oid !== OID.bool || (lower !== 'true' && lower !== 'false')) throw new GivesUp();
  return lower === 'true';
}

function numberValue(text: string, sink: ColumnSink): ReturnType<ColumnSink['codec']['parseText']> {
  if (!PLAIN_NUMBER.test(text)) throw new GivesUp();
  const value = sink.codec.parseText(text, sink.type.typmod, sink.settings);
  return Object.is(value, -0) ? 0 : value;
}

/** The text of few bytes. */
function latin1(bytes: Uint8Array): string {
  return bytes.length > 256 ? 'more' : String.fromCharCode(...bytes);
}
