/** Rows by their refs, in the order given. */
import { InternalError } from '../../errors/db-error.ts';
import { concat } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { constantVector, outputColumns, ROW_REF, TABLE_OID } from './emit-rows.ts';
import { ArrivalSource, PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanInput } from './scan.ts';
import { chunkStartingAt, SLOT_ROWS } from './state.ts';
import { gatherColumn, toVector } from './stored-column.ts';
import { OWN_REFS } from './writes.ts';

/** Rows wanted from one piece of one source. */
interface Wanted {
  readonly source: RowSource;
  readonly piece: number;
  /** Positions inside the piece, and where they go in the result. */
  readonly rows: number[];
  readonly targets: number[];
}

export async function fetchRows(
  input: ScanInput,
  newest: ScanInput,
  refs: Float64Array,
  attnums: readonly number[],
): Promise<Batch> {
  const { table } = input;
  const output = outputColumns(table, attnums, table.hypertable?.timeColumn ?? 0);
  const groups = await groupRefs(input, newest, refs);
  const order = new Int32Array(refs.length);
  let at = 0;
  for (const { targets } of groups) for (const target of targets) order[target] = at++;
  const columns: Vector[] = [];
  for (let i = 0; i < attnums.length; i++) {
    const type = output.types[i];
    if (attnums[i] === TABLE_OID) columns.push(constantVector(type, table.oid, refs.length));
    else if (attnums[i] === ROW_REF) {
      columns.push({ rep: 'f64', type, length: refs.length, data: refs, nulls: undefined });
    } else {
      const parts: Vector[] = [];
      for (const { source, piece, rows } of groups) {
        const column = await source.piece(attnums[i], piece);
        parts.push(
          column === undefined
            ? constantVector(type, output.missing[i], rows.length)
            : toVector(
                gatherColumn(column, Int32Array.from(rows), rows.length),
                type,
                0,
                rows.length,
              ),
        );
      }
      const joined = parts.length === 0 ? constantVector(type, null, 0) : concat(type, parts);
      columns.push(gather(joined, order));
    }
  }
  return { columns, length: refs.length };
}

async function groupRefs(
  input: ScanInput,
  newest: ScanInput,
  refs: Float64Array,
): Promise<Wanted[]> {
  const groups = new Map<string, Wanted>();
  const sources = new Map<number, RowSource>();
  const own = ownRows(input);
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i];
    let row: number;
    let source: RowSource | undefined;
    let name: number;
    if (ref >= OWN_REFS) {
      const found = own().get(ref - OWN_REFS);
      if (found === undefined) throw new InternalError(`no own row ${ref - OWN_REFS}`);
      ({ row, source, name } = found);
    } else {
      const slot = Math.floor(ref / SLOT_ROWS);
      row = ref % SLOT_ROWS;
      name = slot;
      source = sources.get(slot);
      if (source === undefined) {
        // Refs of collisions come from the newest state, which may be ahead of the view.
        source = (await sourceOfSlot(input, slot)) ?? (await sourceOfSlot(newest, slot));
        if (source === undefined) throw new InternalError(`row refs of slot ${slot} are stale`);
        sources.set(slot, source);
      }
    }
    const piece = Math.floor(row / PIECE_ROWS);
    const key = `${name}/${piece}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { source, piece, rows: [], targets: [] }));
    group.rows.push(row % PIECE_ROWS);
    group.targets.push(i);
  }
  return [...groups.values()];
}

async function sourceOfSlot(input: ScanInput, slot: number): Promise<RowSource | undefined> {
  const target = input.state?.runtime.slots.get(slot);
  const chunk =
    target === undefined || input.state === undefined
      ? undefined
      : chunkStartingAt(input.state, target.chunk);
  if (chunk?.head?.slot === slot) {
    const { buffer, rows } = chunk.head;
    return new ArrivalSource(buffer, 0, rows, slot * SLOT_ROWS, undefined, undefined);
  }
  const index = chunk?.segments.findIndex((segment) => segment.slot === slot) ?? -1;
  if (chunk === undefined || index < 0) return undefined;
  return input.openSegment(chunk, index, undefined);
}

/** The transaction's own rows by their number, listed when first asked for. */
function ownRows(
  input: ScanInput,
): () => ReadonlyMap<number, { row: number; source: RowSource; name: number }> {
  let rows: Map<number, { row: number; source: RowSource; name: number }> | undefined;
  return () => {
    if (rows !== undefined) return rows;
    rows = new Map();
    let name = -1;
    for (const { buffer, numbers } of input.own?.chunks.values() ?? []) {
      const all = Int32Array.from(numbers);
      const source = new ArrivalSource(buffer, 0, buffer.rows, OWN_REFS, all, undefined);
      for (let row = 0; row < numbers.length; row++) rows.set(numbers[row], { row, source, name });
      name--;
    }
    return rows;
  };
}
