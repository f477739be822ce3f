/** The rows of a head or segment that are deleted: a bitmap that is copied on write. */

export interface DeletedRows {
  readonly bits: Uint8Array;
  readonly count: number;
}

/** Adds rows to the deleted ones; rows that are deleted already do not count twice. */
export function deleteRows(
  before: DeletedRows | undefined,
  capacity: number,
  rows: readonly number[] | Uint32Array | Float64Array,
): DeletedRows {
  const bits = new Uint8Array(Math.max((capacity + 7) >> 3, before?.bits.length ?? 0));
  if (before !== undefined) bits.set(before.bits);
  let count = before?.count ?? 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const mask = 1 << (row & 7);
    if ((bits[row >> 3] & mask) !== 0) continue;
    bits[row >> 3] |= mask;
    count++;
  }
  return { bits, count };
}

export function isDeleted(deleted: DeletedRows | undefined, row: number): boolean {
  if (deleted === undefined || row >> 3 >= deleted.bits.length) return false;
  return (deleted.bits[row >> 3] & (1 << (row & 7))) !== 0;
}
