/**
 * Batches to messages with a row each: DataRow, or CopyData for COPY TO. Pieces of a batch are laid
 * where kernels see them, and one kernel writes whole rows to the target, by way of a copy where it does not see
 * that. What does not fit, such as a row of megabytes, is left to the caller.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import {
  COLUMN,
  CONTROL,
  FIELD_BYTES_MAX,
  RowStatus,
  SLACK_BYTES,
} from '../../kernels/output-kernels.ts';
import type { FormatSettings } from '../../types/codec.ts';
import type { Batch, Vector } from '../vector.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { ColumnSource } from './column-source.ts';
import { encodeArea, OUT_BYTES, type EncodeArea } from './encode-area.ts';
import type { MessageTarget } from './message-target.ts';

/** Lines instead of fields with their lengths. */
export interface LineLayout {
  readonly delimiter: number;
  readonly nullText: Uint8Array;
}

/** A row's bytes before any was seen; where each value has to be formatted for it, so many rows show it. */
const FIRST_GUESS_BYTES = 64;
const FIRST_FORMATTED_ROWS = 16;

export class RowMessages {
  readonly #message: number;
  readonly #plans: readonly ColumnPlan[];
  readonly #lines: LineLayout | undefined;
  #batch: Batch | undefined;
  #sources: readonly ColumnSource[] = [];
  /** Of the last piece; undefined before the first. */
  #rowBytes: number | undefined;

  constructor(message: number, plans: readonly ColumnPlan[], lines?: LineLayout) {
    this.#message = message;
    this.#plans = plans;
    this.#lines = lines;
  }

  /**
   * Writes rows from `from` on until the batch ends or the target is due; answers the row to go on with.
   * With the target not due that row is one for the caller to write.
   */
  encode(target: MessageTarget, batch: Batch, settings: FormatSettings, from: number): number {
    // A batch that starts is always new: an operator may use one object again.
    if (from === 0 || batch !== this.#batch) {
      this.#sources = this.#plans.map((plan, i) =>
        plan.source(batch.columns[i] as Vector, settings),
      );
      this.#batch = batch;
    }
    let row = from;
    while (row < batch.length && target.room > 0) {
      const next = this.#piece(target, batch.length, row);
      if (next === row) break;
      row = next;
    }
    return row;
  }

  /** Writes as many rows as fit one call; answers the next, `from` itself where not one could be. */
  #piece(target: MessageTarget, length: number, from: number): number {
    const area = encodeArea();
    if (area === undefined) return from;
    const room = Math.min(target.room, OUT_BYTES);
    const wanted = this.#wantedRows(room);
    for (let rows = Math.min(length - from, wanted); rows > 0; rows >>= 1) {
      area.reset();
      const control = this.#load(area, from, rows);
      if (control === 0) continue;
      const next = this.#write(target, area, control, from, rows, room);
      if (next > from) return next;
      break;
    }
    // Rows that large seldom come alone: not many at once next time.
    this.#rowBytes = OUT_BYTES;
    return from;
  }

  #wantedRows(room: number): number {
    const isFormatted = this.#sources.some((source) => source.formats);
    if (this.#rowBytes === undefined && isFormatted) return FIRST_FORMATTED_ROWS;
    return Math.ceil(room / (this.#rowBytes ?? FIRST_GUESS_BYTES)) + 1;
  }

  /** Puts a piece of the batch into the area; answers its control block, 0 where it does not fit. */
  #load(area: EncodeArea, from: number, rows: number): number {
    const sources = this.#sources;
    const control = area.take(CONTROL.bytes);
    const columns = area.take(sources.length * COLUMN.bytes);
    if (control === 0 || columns === 0) return 0;
    for (const [i, source] of sources.entries()) {
      if (!source.load(area, columns + i * COLUMN.bytes, from, rows)) return 0;
    }
    const lines = this.#lines;
    const nullText = lines === undefined ? 0 : area.put(lines.nullText);
    if (lines !== undefined && nullText === 0) return 0;
    const { u32 } = kernelViews();
    const at = control / 4;
    u32[at + CONTROL.columns / 4] = columns;
    u32[at + CONTROL.columnsEnd / 4] = columns + sources.length * COLUMN.bytes;
    u32[at + CONTROL.row / 4] = 0;
    u32[at + CONTROL.rowsEnd / 4] = rows;
    u32[at + CONTROL.message / 4] = this.#message;
    u32[at + CONTROL.delimiter / 4] = lines?.delimiter ?? 0;
    u32[at + CONTROL.nullText / 4] = nullText;
    u32[at + CONTROL.nullLength / 4] = lines?.nullText.length ?? 0;
    return control;
  }

  #write(
    target: MessageTarget,
    area: EncodeArea,
    control: number,
    from: number,
    rows: number,
    room: number,
  ): number {
    const at = control / 4;
    target.ensure(room);
    const isSeen = target.address !== 0;
    // Copies are quick where both ends are aligned alike.
    const start = isSeen ? target.address + target.length : area.out + (target.length & 7);
    const limit = isSeen ? start + room : Math.min(start + room, area.out + OUT_BYTES);
    const { u32 } = kernelViews();
    u32[at + CONTROL.out / 4] = start;
    u32[at + CONTROL.limit / 4] = limit;
    u32[at + CONTROL.reserve / 4] = this.#reserve();
    const kernel = this.#lines === undefined ? kernels.writeTuples : kernels.writeLines;
    while (kernel(control) === RowStatus.Missing) {
      const now = kernelViews().u32;
      const column = now[at + CONTROL.stoppedAt / 4] as number;
      const row = from + (now[at + CONTROL.row / 4] as number);
      const address = (now[at + CONTROL.columns / 4] as number) + column * COLUMN.bytes;
      const source = this.#sources[column] as ColumnSource;
      if (!source.supply(area, address, row, from + rows)) break;
    }
    const after = kernelViews();
    const done = after.u32[at + CONTROL.row / 4] as number;
    const bytes = (after.u32[at + CONTROL.out / 4] as number) - start;
    if (done === 0) return from;
    this.#rowBytes = bytes / done;
    if (!isSeen) target.bytes.set(after.u8.subarray(start, start + bytes), target.length);
    target.length += bytes;
    return from + done;
  }

  /** What a row takes at most beside texts. */
  #reserve(): number {
    const nullBytes = this.#lines?.nullText.length ?? 0;
    const field = Math.max(FIELD_BYTES_MAX, nullBytes) + 4;
    return 7 + this.#sources.length * field + SLACK_BYTES;
  }
}
