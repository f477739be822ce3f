/** The syntax tree: libpg-query's protobuf-shaped nodes, with access by kind. */
import type { Node } from '@pgsql/types';

export type {
  A_Const,
  A_Expr,
  A_Indirection,
  A_Indices,
  A_ArrayExpr,
  Alias,
  BoolExpr,
  BooleanTest,
  CaseExpr,
  CoalesceExpr,
  CollateClause,
  ColumnDef,
  ColumnRef,
  CommonTableExpr,
  DeleteStmt,
  FuncCall,
  GroupingFunc,
  GroupingSet,
  InsertStmt,
  JoinExpr,
  LockingClause,
  MinMaxExpr,
  MultiAssignRef,
  Node,
  NullTest,
  OnConflictClause,
  ParamRef,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  ResTarget,
  RowExpr,
  SQLValueFunction,
  SelectStmt,
  SortBy,
  SubLink,
  TypeCast,
  TypeName,
  UpdateStmt,
  WindowDef,
  WithClause,
} from '@pgsql/types';

type KeysOf<T> = T extends unknown ? keyof T : never;
export type NodeKind = KeysOf<Node>;
export type NodeBody<K extends NodeKind> = Extract<Node, Record<K, unknown>>[K];

/** The one key of a node: its kind. An empty node (a NULL list item) has none. */
export function nodeKind(node: Node): NodeKind | undefined {
  for (const key in node) return key as NodeKind;
  return undefined;
}

/** The node's body when it is of this kind. */
export function nodeAs<K extends NodeKind>(
  node: Node | undefined,
  kind: K,
): NodeBody<K> | undefined {
  if (node === undefined) return undefined;
  return (node as unknown as Partial<Record<K, NodeBody<K>>>)[kind];
}

/** Strings of a name list (`pg_catalog.int4`). */
export function nameList(nodes: readonly Node[] | undefined): string[] {
  const names: string[] = [];
  for (const node of nodes ?? []) {
    const text = nodeAs(node, 'String')?.sval;
    if (text !== undefined) names.push(text);
  }
  return names;
}
