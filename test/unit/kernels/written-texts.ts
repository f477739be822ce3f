/** Runs one column of numbers through the kernel that writes rows, for tests of what it prints. */
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { COLUMN, CONTROL, RowStatus, type FieldKind } from '../../../src/kernels/output-kernels.ts';

const ROW_BYTES = 128;

/** The texts of a column without NULLs. `state` makes the column's state at an address. */
export function writtenTexts(
  kind: FieldKind,
  values: readonly number[],
  state?: { bytes: number; make(at: number): void },
): string[] {
  const count = values.length;
  const base = scratch(1024 + (state?.bytes ?? 0) + count * (8 + ROW_BYTES));
  const column = base + CONTROL.bytes;
  const stateAt = base + 256;
  const data = (stateAt + (state?.bytes ?? 0) + 15) & ~15;
  const out = data + count * 8;
  state?.make(stateAt);
  const { u8, u32, f64 } = kernelViews();
  f64.set(values, data / 8);
  u32.set([kind, 0, data, stateAt], column / 4);
  u32.fill(0, base / 4, column / 4);
  u32[(base + CONTROL.columns) / 4] = column;
  u32[(base + CONTROL.columnsEnd) / 4] = column + COLUMN.bytes;
  u32[(base + CONTROL.rowsEnd) / 4] = count;
  u32[(base + CONTROL.out) / 4] = out;
  u32[(base + CONTROL.limit) / 4] = out + count * ROW_BYTES;
  const status = kernels.writeTuples(base);
  if (status !== RowStatus.Done) throw new Error(`status ${status}`);
  const end = u32[(base + CONTROL.out) / 4] as number;
  const bytes = Buffer.from(u8.slice(out, end));
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    texts.push(bytes.toString('latin1', at + 11, at + 11 + bytes.readUInt32BE(at + 7)));
  }
  return texts;
}
