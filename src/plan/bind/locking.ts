/** FOR UPDATE and FOR SHARE. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { nodeAs, type SelectStmt } from '../../parse/ast.ts';
import type { ColumnExpr } from '../expr.ts';
import { INT8 } from './coerce.ts';
import type { RangeItem, Scope } from './scope.ts';

export interface LockTargets {
  readonly tables: readonly TableDescriptor[];
  readonly rowRefs: readonly ColumnExpr[];
  readonly strength: 'update' | 'share';
  readonly wait: 'block' | 'nowait' | 'skip-locked';
}

const NAMES: Readonly<Record<string, string>> = {
  LCS_FORUPDATE: 'FOR UPDATE',
  LCS_FORNOKEYUPDATE: 'FOR NO KEY UPDATE',
  LCS_FORSHARE: 'FOR SHARE',
  LCS_FORKEYSHARE: 'FOR KEY SHARE',
};

/** What the locking clauses lock, or null without any. */
export function lockTargets(
  stmt: SelectStmt,
  scope: Scope,
  computed: boolean,
  hasSets: boolean,
): LockTargets | null {
  const clauses = (stmt.lockingClause ?? []).flatMap((node) => nodeAs(node, 'LockingClause') ?? []);
  if (clauses.length === 0) return null;
  const { context } = scope;
  const name = NAMES[clauses[0].strength ?? ''] ?? 'FOR UPDATE';
  const refuse = (what: string) =>
    context.error('feature_not_supported', `${name} is not allowed with ${what}`);
  if (stmt.distinctClause !== undefined) throw refuse('DISTINCT clause');
  if (stmt.groupClause !== undefined) throw refuse('GROUP BY clause');
  if (stmt.havingClause !== undefined) throw refuse('HAVING clause');
  if (scope.calls !== null && scope.calls.aggregates.length > 0)
    throw refuse('aggregate functions');
  if (scope.calls !== null && scope.calls.windows.length > 0) throw refuse('window functions');
  if (hasSets) throw refuse('set-returning functions in the target list');
  if (computed) throw refuse('GROUP BY clause');
  const items: RangeItem[] = [];
  let strength: 'update' | 'share' = 'share';
  let wait: LockTargets['wait'] = 'block';
  for (const clause of clauses) {
    if (clause.strength === 'LCS_FORUPDATE' || clause.strength === 'LCS_FORNOKEYUPDATE')
      strength = 'update';
    if (clause.waitPolicy === 'LockWaitError') wait = 'nowait';
    else if (clause.waitPolicy === 'LockWaitSkip' && wait === 'block') wait = 'skip-locked';
    for (const item of namedItems(clause.lockedRels, scope, name))
      if (!items.includes(item)) items.push(item);
  }
  const tables: TableDescriptor[] = [];
  const rowRefs: ColumnExpr[] = [];
  for (const item of items) {
    if (item.relation?.kind !== 'table' || item.rowRefId === undefined) continue;
    tables.push(item.relation);
    context.writes.add(item.relation.oid);
    context.directWrites.add(item.relation.oid);
    rowRefs.push({ kind: 'column', type: INT8, index: item.rowRefId });
  }
  return tables.length === 0 ? null : { tables, rowRefs, strength, wait };
}

function namedItems(
  names: readonly object[] | undefined,
  scope: Scope,
  clause: string,
): readonly RangeItem[] {
  if (names === undefined || names.length === 0) return scope.namespace.items;
  return names.flatMap((node) => {
    const name = nodeAs(node as Parameters<typeof nodeAs>[0] & object, 'RangeVar');
    if (name === undefined) return [];
    const item = scope.namespace.items.find((candidate) => candidate.alias === name.relname);
    if (item !== undefined) return [item];
    throw scope.context.error(
      'undefined_table',
      `relation "${name.relname}" in ${clause} clause not found in FROM clause`,
      name.location,
    );
  });
}
