/** INSERT, UPDATE and DELETE nodes. */
import type { Expr } from '../expr.ts';
import type { LogicalNode, LogicalRowChecks } from '../logical.ts';
import type { RowChecks } from '../physical.ts';
import type { PlanBuilder } from './build.ts';
import type { Built } from './layout.ts';

type Of<K extends LogicalNode['kind']> = Extract<LogicalNode, { kind: K }>;

export function buildModify(
  builder: PlanBuilder,
  node: Of<'insert'> | Of<'update'> | Of<'delete'>,
): Built {
  if (node.kind === 'insert') return buildInsert(builder, node);
  const input = builder.buildExact(node.input, node.input.columns).node;
  const positions = idPositions([...node.rowIds, ...node.extraIds]);
  const returning = node.returning?.map((expr) => builder.place(expr, positions)) ?? null;
  if (node.kind === 'delete') {
    return builder.wrap(
      { kind: 'delete', table: node.table, input, returning },
      node.columns,
      node,
    );
  }
  const rowChecks = placeChecks(builder, node.rowChecks, idPositions(node.rowIds));
  return builder.wrap(
    { kind: 'update', table: node.table, input, rowChecks, returning },
    node.columns,
    node,
  );
}

function buildInsert(builder: PlanBuilder, node: Of<'insert'>): Built {
  const input = builder.buildExact(node.input, node.input.columns).node;
  const positions = idPositions(node.rowIds);
  const place = (expr: Expr): Expr => builder.place(expr, positions);
  const { onConflict, xmaxId } = node;
  const returned = xmaxId === null ? positions : idPositions([...node.rowIds, xmaxId]);
  const both = idPositions([...node.rowIds, ...(onConflict?.excludedIds ?? [])]);
  return builder.wrap(
    {
      kind: 'insert',
      table: node.table,
      input,
      rowChecks: placeChecks(builder, node.rowChecks, positions),
      onConflict:
        onConflict === null
          ? null
          : {
              action: onConflict.action,
              arbiters: onConflict.arbiters.map(({ index, keys, predicate }) => ({
                index,
                keys: keys.map(place),
                predicate: predicate === null ? null : place(predicate),
              })),
              set: onConflict.set.map((expr) => builder.place(expr, both)),
              where: onConflict.where === null ? null : builder.place(onConflict.where, both),
            },
      returning: node.returning?.map((expr) => builder.place(expr, returned)) ?? null,
    },
    node.columns,
    node,
  );
}

function placeChecks(
  builder: PlanBuilder,
  checks: LogicalRowChecks,
  positions: ReadonlyMap<number, number>,
): RowChecks {
  return {
    notNull: checks.notNull,
    checks: checks.checks.map(({ constraint, expr }) => ({
      constraint,
      expr: builder.place(expr, positions),
    })),
    options: checks.options.map(({ view, expr }) => ({
      view,
      expr: builder.place(expr, positions),
    })),
  };
}

function idPositions(ids: readonly number[]): Map<number, number> {
  const positions = new Map<number, number>();
  ids.forEach((id, i) => {
    if (!positions.has(id)) positions.set(id, i);
  });
  return positions;
}
