/** What an encoder is: it appends rows of a batch to a buffer; the file writer cuts sections between. */
import type { Batch } from '../data/dataset.ts';
import type { Out } from './out.ts';

export interface Encoder {
  /** Bytes before and after the rows of one section. */
  begin?(out: Out): void;
  end?(out: Out): void;
  /** A writer of rows of this batch, valid until the next one is generated. */
  rows(batch: Batch): RowWriter;
}

export type RowWriter = (out: Out, row: number) => void;
export type CellWriter = (out: Out, row: number) => void;

/** More than any row without its text; text adds its longest word. */
export const ROW_BYTES = 8192;
