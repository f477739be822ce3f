/**
 * Rows in stretches: a kernel cuts input into fields, then one kernel per column makes values of them.
 * Fields that kernels leave are read one by one, in the order of the input, so that the first error in
 * the input is the one that is reported.
 */
import { BLOCK, JOB_BYTES } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { ColumnKernel, NULL_BYTES_MAX, type NullForm } from './column-kernel.ts';
import type { ColumnSink } from './column-sink.ts';
import { fieldBlock, prepareBlock, type FieldBlock } from './field-block.ts';
import { allocate } from './kernel-memory.ts';
import { hasTextKernel } from './kernel-types.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPlace, RowReader } from './row-reader.ts';
import { TextTuples } from './text-tuples.ts';

const ENCODER = new TextEncoder();
/** What stands before a field of the binary format. */
const LENGTH_BYTES = 4;

type Split = (at: number, end: number) => number;

/** What blocks need to know of the form that rows are written in. */
export interface BlockForm {
  readonly split: (block: number, at: number, end: number) => number;
  readonly isBinary: boolean;
  nullsOf(column: string): NullForm;
}

/** Reads what kernels leave. */
export type FieldReader = Pick<RowReader, 'readField'>;

export class BlockReader {
  readonly #place: FieldBlock = fieldBlock();
  readonly #jobs: KernelBlock;
  readonly #columns: readonly ColumnKernel[];
  readonly #split: Split;
  readonly #rows: FieldReader;
  readonly #input: CopyPlace;
  /** Undefined where no text columns are neighbours. */
  readonly tuples: TextTuples | undefined;
  /** Rows that the last call has read. */
  rows = 0;
  /** Why it read no more: see STOP_ROW. */
  stop = 0;

  /** `tuples` may come from an earlier reader of the same columns in the same form. */
  constructor(
    sinks: readonly ColumnSink[],
    form: BlockForm,
    rows: FieldReader,
    input: CopyPlace,
    tuples = tuplesFor(sinks, form.isBinary),
  ) {
    this.tuples = tuples;
    this.#rows = rows;
    this.#input = input;
    this.#split = (at, end) => form.split(this.#place.block, at, end);
    this.#jobs = allocate(JOB_BYTES * sinks.length);
    this.#columns = sinks.map((sink, i) => {
      const job = this.#jobs.pointer + i * JOB_BYTES;
      const nulls = form.nullsOf(sink.name);
      const position = tuples?.positionOf(i);
      if (tuples === undefined || position === undefined) {
        return new ColumnKernel(sink, i, this.#place, job, form.isBinary, nulls);
      }
      const place = { ...this.#place, out: tuples.outAt(position) };
      const column = new ColumnKernel(sink, i, place, job, form.isBinary, nulls);
      column.useTuples(tuples, position);
      return column;
    });
  }

  /** Begins with the input of another statement. */
  forget(): void {
    for (const column of this.#columns) column.forget();
  }

  /** Reads complete rows of [at, end) into rows from `row` on; returns where the next row begins. */
  read(at: number, end: number, row: number, room: number): number {
    const place = this.#place;
    prepareBlock(place, this.#columns.length, room);
    const next = this.#split(at, end) >>> 0;
    const { u32 } = kernelViews();
    const rows = u32[(place.block + BLOCK.rows) >>> 2];
    this.stop = u32[(place.block + BLOCK.stop) >>> 2];
    this.rows = rows;
    if (rows === 0) return next;
    this.#findTuples(rows);
    let isOdd = false;
    for (const column of this.#columns) if (column.read(row, rows)) isOdd = true;
    this.#learnTuples();
    const first = this.#input.line + 1;
    if (isOdd) this.#readOdd(row, rows, first);
    this.#input.line = first + rows - 1;
    this.#input.column = undefined;
    return next;
  }

  #findTuples(rows: number): void {
    const { tuples } = this;
    if (tuples === undefined) return;
    const { first, count } = tuples.columns;
    const texts = this.#columns.slice(first, first + count).map(({ sink }) => sink.texts);
    tuples.find(this.#place.block, rows, texts);
  }

  #learnTuples(): void {
    const { tuples } = this;
    if (tuples?.isUsed !== true) return;
    tuples.learn(this.#place.block, this.#jobs.pointer + tuples.columns.first * JOB_BYTES);
  }

  #readOdd(row: number, rows: number, firstLine: number): void {
    const { odd, fields } = this.#place;
    const count = this.#columns.length;
    const { u8, u32 } = kernelViews();
    const marks = u8.subarray(odd, odd + rows * count);
    try {
      for (let i = marks.indexOf(1); i >= 0; i = marks.indexOf(1, i + 1)) {
        const line = Math.floor(i / count);
        const column = i - line * count;
        const start = u32[(fields >>> 2) + 2 * i];
        const meta = u32[(fields >>> 2) + 2 * i + 1];
        this.#input.line = firstLine + line;
        this.#rows.readField(u8, start, meta, column, row + line);
        this.#columns[column].learn(row + line, u8, start, meta);
      }
    } finally {
      marks.fill(0);
    }
  }
}

/** A block reader where kernels can read the input's form. */
export function blockReaderFor(
  sinks: readonly ColumnSink[],
  options: CopyOptions,
  rows: RowReader,
  input: CopyPlace,
  tuples?: TextTuples,
): BlockReader | undefined {
  if (sinks.length === 0) return undefined;
  if (options.format !== 'binary' && ENCODER.encode(options.nullText).length > NULL_BYTES_MAX) {
    return undefined;
  }
  if (options.format === 'csv' && /[\r\n]/.test(options.quote + options.escape)) return undefined;
  const form: BlockForm = {
    split: splitter(options),
    isBinary: options.format === 'binary',
    nullsOf: (column) => nullForm(options, column),
  };
  return new BlockReader(sinks, form, rows, input, tuples);
}

/** Tuples of the longest run of neighbouring text columns. */
function tuplesFor(sinks: readonly ColumnSink[], isBinary: boolean): TextTuples | undefined {
  let [first, count] = [0, 0];
  for (let start = 0; start < sinks.length; start++) {
    let end = start;
    while (end < sinks.length && hasTextKernel((sinks[end] as ColumnSink).type)) end++;
    if (end - start > count) [first, count] = [start, end - start];
    start = end;
  }
  if (count < 2) return undefined;
  return new TextTuples({ first, count, lead: isBinary ? LENGTH_BYTES : 0 });
}

function splitter({ format, delimiter, quote, escape }: CopyOptions): BlockForm['split'] {
  if (format === 'binary') return (block, at, end) => kernels.splitBinary(block, at, end);
  if (format === 'text') {
    const mark = delimiter.charCodeAt(0);
    return (block, at, end) => kernels.splitText(block, at, end, mark);
  }
  const [mark, open, within] = [delimiter, quote, escape].map((text) => text.charCodeAt(0));
  const marks = mark | (open << 8) | (within << 16);
  return (block, at, end) => kernels.splitCsv(block, at, end, marks);
}

function nullForm(options: CopyOptions, column: string): NullForm {
  const isCsv = options.format === 'csv';
  return {
    bytes: options.format === 'binary' ? undefined : ENCODER.encode(options.nullText),
    hasEscape: options.format === 'text' && options.nullText.includes('\\'),
    mayBeBare: !options.forceNotNull.includes(column),
    mayBeQuoted: isCsv && options.forceNull.includes(column),
  };
}
