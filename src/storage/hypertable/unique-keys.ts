/** Keys of unique indexes as strings, and the maps that find a stored row by its key. */
import type { IndexDescriptor } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/db-error.ts';
import { hashKey } from '../../types/hash.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { HeadBuffer } from './head.ts';
import { PIECE_ROWS, pieceCount, type RowSource } from './row-source.ts';
import type { Segment } from './segment.ts';
import { storedValueAt, type StoredColumn } from './stored-column.ts';

/** attnums of a unique index's columns. */
export function keyColumns(index: IndexDescriptor): readonly number[] {
  if (index.predicateSql !== undefined) {
    throw notSupported('a partial unique index on a hypertable');
  }
  return index.keys.map(({ column }) => {
    if (column === 0) throw notSupported('a unique index over expressions on a hypertable');
    return column;
  });
}

/** Builds the keys of rows; undefined for a row that can collide with no other. */
export type KeyOf = (row: number) => string | undefined;

/** Builds keys from what reads the values of a column; undefined where the rows lack it. */
export type KeyMaker = (column: (attnum: number) => ((row: number) => Value) | undefined) => KeyOf;

/** Keys over columns of which some may be missing (their value is then `missing`). */
export function keyBuilder(
  valueAt: readonly ((row: number) => Value)[],
  types: readonly Oid[],
  nullsNotDistinct: boolean,
): KeyOf {
  return (row) => {
    let key = '';
    for (let i = 0; i < valueAt.length; i++) {
      const value = valueAt[i](row);
      if (value === null) {
        if (!nullsNotDistinct) return undefined;
        key += 'n:';
        continue;
      }
      const text = String(hashKey(types[i], value));
      // The length in front keeps neighbouring columns apart.
      key += `${text.length}:${text}`;
    }
    return key;
  };
}

type KeyMap = Map<string, number>;

const HEAD_KEYS = new WeakMap<HeadBuffer, Map<string, { map: KeyMap; rows: number }>>();
const SEGMENT_KEYS = new WeakMap<Segment, Map<string, KeyMap>>();

/** The row of a head for each key; of rows with one key the last. Brought up to date as heads grow. */
export function headKeys(buffer: HeadBuffer, signature: string, keyFor: KeyMaker): KeyMap {
  let maps = HEAD_KEYS.get(buffer);
  if (maps === undefined) HEAD_KEYS.set(buffer, (maps = new Map()));
  let known = maps.get(signature);
  if (known === undefined) maps.set(signature, (known = { map: new Map(), rows: 0 }));
  if (known.rows < buffer.rows) {
    const keyOf = keyFor((attnum) => {
      const column = buffer.columns.get(attnum);
      return column && ((row) => column.valueAt(row));
    });
    for (let row = known.rows; row < buffer.rows; row++) {
      const key = keyOf(row);
      if (key !== undefined) known.map.set(key, row);
    }
    known.rows = buffer.rows;
  }
  return known.map;
}

/** The row of a segment for each key: rows that were deleted before the flush are not in it. */
export async function segmentKeys(
  segment: Segment,
  source: RowSource,
  signature: string,
  attnums: readonly number[],
  keyFor: KeyMaker,
): Promise<KeyMap> {
  let maps = SEGMENT_KEYS.get(segment);
  if (maps === undefined) SEGMENT_KEYS.set(segment, (maps = new Map()));
  const known = maps.get(signature);
  if (known !== undefined) return known;
  const map: KeyMap = new Map();
  for (let index = 0; index < pieceCount(source); index++) {
    const pieces = new Map<number, StoredColumn | undefined>();
    for (const attnum of attnums) pieces.set(attnum, await source.piece(attnum, index));
    const keyOf = keyFor((attnum) => {
      const column = pieces.get(attnum);
      return column && ((row) => storedValueAt(column, row));
    });
    const base = index * PIECE_ROWS;
    const rows = Math.min(PIECE_ROWS, source.rows - base);
    for (let row = 0; row < rows; row++) {
      const number = base + row;
      const key = keyOf(row);
      if (key !== undefined) map.set(key, number);
    }
  }
  maps.set(signature, map);
  return map;
}
