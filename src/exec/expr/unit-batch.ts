import type { Batch } from '../../vector/vector.ts';

/** One row without columns: what expressions without column references are evaluated over. */
export const UNIT_BATCH: Batch = { columns: [], length: 1 };
