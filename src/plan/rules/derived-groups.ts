/** Keys of an aggregate that follow from its other keys: they make no groups and are computed for each. */
import type { Expr } from '../expr.ts';
import type { LogicalAggregate, LogicalNode } from '../logical.ts';

/** The aggregate without the derived keys, given by the ids of their columns, and a projection that adds them. */
export function withDerived(
  node: LogicalAggregate,
  derived: ReadonlyMap<number, Expr>,
): LogicalNode {
  if (derived.size === 0) return node;
  const isKept = ({ id }: { readonly id: number }): boolean => !derived.has(id);
  const input: LogicalAggregate = {
    ...node,
    groups: node.groups.filter(({ column }) => isKept(column)),
    columns: node.columns.filter(isKept),
  };
  const exprs = node.columns.map(
    ({ id, type }): Expr => derived.get(id) ?? { kind: 'column', type, index: id },
  );
  return { kind: 'project', input, exprs, columns: node.columns };
}
