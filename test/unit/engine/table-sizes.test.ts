import { expect, it } from 'vitest';
import type { SessionContext } from '../../../src/engine/session-context.ts';
import { TableSizes } from '../../../src/engine/table-sizes.ts';
import type { PhysicalPlan } from '../../../src/plan/physical.ts';

const TABLE = 16_384;
const HYPERTABLE = 16_385;

/** A session whose tables have so many rows now. */
function sessionOf(rows: Map<number, number>): SessionContext {
  const relation = (oid: number) => ({
    kind: 'table',
    oid,
    hypertable: oid === HYPERTABLE ? {} : null,
  });
  const statistics = ({ oid }: { readonly oid: number }) => ({ rows: rows.get(oid) ?? 0 });
  return {
    catalog: () => ({ relation }),
    database: { storage: { statistics } },
  } as unknown as SessionContext;
}

it('tells when an ordinary table has grown or shrunk so far that its plans are made anew', () => {
  const rows = new Map([
    [TABLE, 10],
    [HYPERTABLE, 10],
  ]);
  const session = sessionOf(rows);
  const plan = { reads: [TABLE, HYPERTABLE] } as unknown as PhysicalPlan;
  const sizes = TableSizes.of(session, plan);
  expect(sizes.haveChanged(session)).toBe(false);
  rows.set(HYPERTABLE, 1_000_000);
  rows.set(TABLE, 1_040);
  expect(sizes.haveChanged(session)).toBe(false);
  rows.set(TABLE, 1_041);
  expect(sizes.haveChanged(session)).toBe(true);
  const later = TableSizes.of(session, plan);
  expect(later.haveChanged(session)).toBe(false);
  rows.set(TABLE, 0);
  expect(later.haveChanged(session)).toBe(true);
});
