/**
 * OIDs of catalog rows that have no descriptor of their own (column defaults, view rules). They lie above
 * 2^31, where no object is ever numbered, and follow from their owner's OID, so they never change.
 */
import type { Oid } from '../../types/type.ts';

const DEFAULTS_BASE = 0x8000_0000;
const RULES_BASE = 0xf000_0000;
/** More than the columns that a table can have. */
const COLUMNS_MAX = 1664;

export function columnDefaultOid(table: Oid, attnum: number): Oid {
  return DEFAULTS_BASE + ((table * COLUMNS_MAX + attnum) % (RULES_BASE - DEFAULTS_BASE));
}

export function viewRuleOid(view: Oid): Oid {
  return RULES_BASE + (view % 0x0fff_ffff);
}
