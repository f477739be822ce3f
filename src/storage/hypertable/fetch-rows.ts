/** Rows by their refs, in the order given. */
import { InternalError } from '../../errors/db-error.ts';
import { concat } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { constantVector, outputColumns, ROW_REF, TABLE_OID } from './emit-rows.ts';
import { ArrivalSource, PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanInput } from './select-chunk.ts';
import { currentRef } from './moved-rows.ts';
import { chunkStartingAt, SLOT_ROWS, type TableState } from './state.ts';
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
      const found = await own(ref - OWN_REFS);
      if (found === undefined) throw new InternalError(`no own row ${ref - OWN_REFS}`);
      ({ row, source, name } = found);
    } else {
      let slot = Math.floor(ref / SLOT_ROWS);
      row = ref % SLOT_ROWS;
      source = sources.get(slot) ?? (await sourceOfSlot(input, slot));
      if (source === undefined) {
        // Refs of collisions come from a newer state than the view, and a flush may have moved them.
        const { runtime } = newest.state as TableState;
        const now = currentRef(runtime, ref) ?? NaN;
        slot = Math.floor(now / SLOT_ROWS);
        row = now % SLOT_ROWS;
        source = sources.get(slot) ?? (await sourceOfSlot(newest, slot));
        if (source === undefined) throw new InternalError(`row ref ${ref} is stale`);
      }
      sources.set(slot, source);
      name = slot;
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

interface OwnRow {
  readonly row: number;
  readonly source: RowSource;
  readonly name: number;
}

/** Finds the transaction's own rows by their number; they are listed when first asked for. */
function ownRows(input: ScanInput): (number: number) => Promise<OwnRow | undefined> {
  let finders: ((number: number) => OwnRow | undefined)[] | undefined;
  return async (number) => {
    finders ??= await ownFinders(input);
    for (const find of finders) {
      const found = find(number);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

async function ownFinders(input: ScanInput): Promise<((number: number) => OwnRow | undefined)[]> {
  const finders: ((number: number) => OwnRow | undefined)[] = [];
  const add = (source: RowSource, numbers: Int32Array, isAscending: boolean): void => {
    const name = -1 - finders.length;
    const positions = isAscending ? undefined : byNumber(numbers);
    finders.push((number) => {
      const row = find(numbers, positions, number);
      return row === undefined ? undefined : { row, source, name };
    });
  };
  for (const { buffer, numbers, segments } of input.own?.chunks.values() ?? []) {
    const all = Int32Array.from(numbers);
    add(new ArrivalSource(buffer, 0, all.length, OWN_REFS, all, undefined), all, true);
    for (const entry of segments) {
      add(await input.openOwn(entry, undefined), entry.numbers, false);
    }
  }
  return finders;
}

/** Positions in the order of their numbers. */
function byNumber(numbers: Int32Array): Int32Array {
  const keys = Float64Array.from(numbers, (number, i) => number * 2 ** 21 + i);
  keys.sort();
  return Int32Array.from(keys, (key) => key % 2 ** 21);
}

function find(
  numbers: Int32Array,
  positions: Int32Array | undefined,
  wanted: number,
): number | undefined {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[positions?.[middle] ?? middle] < wanted) low = middle + 1;
    else high = middle;
  }
  const row = positions?.[low] ?? low;
  return low < numbers.length && numbers[row] === wanted ? row : undefined;
}
