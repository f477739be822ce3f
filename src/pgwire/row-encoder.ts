/**
 * Batches to DataRow messages. Kernels write many rows at once (vector/output). A few rows are done
 * sooner one field after another: for each column a writer is chosen by type, representation and format,
 * and the row loop only calls writers. What has no writer of its own goes through the type's codec.
 */
import type { FieldDescription, FormatCode } from '../engine/session.ts';
import type { FormatSettings } from '../types/codec.ts';
import { ColumnPlan } from '../vector/output/column-plan.ts';
import { DATA_ROW } from '../vector/output/message-target.ts';
import { RowMessages } from '../vector/output/row-messages.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { formatAt } from './backend-messages.ts';
import { putNull } from './field-bytes.ts';
import { FieldWriters, type ColumnWriter } from './field-writers.ts';
import { FLUSH_BYTES, type OutputBuffer } from './output-buffer.ts';

/** From so many rows on kernels are quicker than writers. */
const KERNEL_ROWS_MIN = 16;

export class RowEncoder {
  readonly #out: OutputBuffer;
  /** For what kernels do not write. */
  #writers: FieldWriters | undefined;
  /** Kernels' side of the statement, once a batch was large enough. */
  #messages: RowMessages | undefined;
  /** The batch for which `#columns` was built. */
  #batch: Batch | undefined;
  #columns: readonly ColumnWriter[] = [];
  #isStopped = false;

  constructor(out: OutputBuffer) {
    this.#out = out;
  }

  /** True where the row that `encode` answered is large: it is for `largeRow`. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Frees what was kept for the statement that ended. */
  reset(): void {
    this.#messages = undefined;
    this.#writers = undefined;
    this.#batch = undefined;
    this.#columns = [];
  }

  /**
   * Encodes rows from `from` on until the batch ends or the buffer is due for a flush; answers the row
   * to go on with.
   */
  encode(
    batch: Batch,
    fields: readonly FieldDescription[],
    formats: readonly FormatCode[],
    settings: FormatSettings,
    from: number,
  ): number {
    this.#isStopped = false;
    // A batch that starts is always new: an operator may use one object again.
    if (from === 0) this.#batch = undefined;
    if (batch.length < KERNEL_ROWS_MIN) {
      return this.#rows(batch, fields, formats, settings, from, batch.length);
    }
    this.#messages ??= new RowMessages(
      DATA_ROW,
      fields.map((field, i) => new ColumnPlan(field.type.oid, formatAt(formats, i) === 0)),
    );
    const row = this.#messages.encode(this.#out, batch, settings, from);
    if (row === batch.length || this.#out.room === 0) return row;
    // A row that is too large for kernels.
    return this.#rows(batch, fields, formats, settings, row, row + 1);
  }

  #rows(
    batch: Batch,
    fields: readonly FieldDescription[],
    formats: readonly FormatCode[],
    settings: FormatSettings,
    from: number,
    to: number,
  ): number {
    if (batch !== this.#batch) {
      const writers = (this.#writers ??= new FieldWriters(this.#out));
      this.#columns = fields.map((field, i) =>
        writers.column(
          i,
          batch.columns[i] as Vector,
          field.type.oid,
          formatAt(formats, i),
          settings,
        ),
      );
      this.#batch = batch;
    }
    const out = this.#out;
    let row = from;
    let rowStart = out.length;
    try {
      while (row < to && out.length < FLUSH_BYTES) {
        this.#isStopped = this.#isLargeRow(row);
        if (this.#isStopped) break;
        rowStart = out.length;
        this.#row(row);
        row++;
      }
    } catch (error) {
      out.length = rowStart;
      throw error;
    }
    return row;
  }

  #isLargeRow(row: number): boolean {
    for (const { isLargeAt } of this.#columns) if (isLargeAt?.(row) === true) return true;
    return false;
  }

  #row(row: number): void {
    const out = this.#out;
    const columns = this.#columns;
    out.ensure(7);
    const start = out.length;
    out.bytes[start] = DATA_ROW;
    out.view.setInt16(start + 5, columns.length);
    out.length = start + 7;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as ColumnWriter;
      if (column.nulls !== undefined && column.nulls[row] === 1) putNull(out);
      else column.put(row);
    }
    out.view.setInt32(start + 1, out.length - start - 1);
  }
}
