/** Texts whose dictionary has their bytes, row by row: no string is made. */
import { kernelViews } from '../../kernels/memory.ts';
import { ENTRY_BYTES, FieldKind } from '../../kernels/output-kernels.ts';
import { TEXT_LENGTH_MAX } from '../../types/large-value.ts';
import { newSpan, type Dictionary } from '../dictionary.ts';
import { copyBytes } from '../text-pages.ts';
import type { TextVector } from '../vector.ts';
import { ColumnSource } from './column-source.ts';
import type { EncodeArea } from './encode-area.ts';

const span = newSpan();

export class ByteTextSource extends ColumnSource {
  readonly #codes: Int32Array;
  readonly #dictionary: Dictionary;

  constructor({ nulls, codes, dictionary }: TextVector) {
    super(nulls);
    this.#codes = codes;
    this.#dictionary = dictionary;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const { nulls } = this;
    const values = area.take(rows * ENTRY_BYTES);
    if (values === 0) return false;
    const room = area.rest();
    const { u8, u32 } = kernelViews();
    const end = room.byteOffset + room.length;
    let at = room.byteOffset;
    let entry = values / 4;
    for (let row = from; row < from + rows; row++, entry += 2) {
      let length = 0;
      if (nulls === undefined || nulls[row] === 0) {
        this.#dictionary.spanAt(this.#codes[row] as number, span);
        length = span.end - span.start;
        if (length > TEXT_LENGTH_MAX || at + length > end) return false;
        copyBytes(span.bytes, span.start, span.end, u8, at);
      }
      u32[entry] = at;
      u32[entry + 1] = length;
      at += length;
    }
    if (at > room.byteOffset && area.take(at - room.byteOffset) === 0) return false;
    return this.describe(area, column, from, rows, { kind: FieldKind.EntryByRow, values });
  }
}
