/** Tables, views, sequences and CTEs as FROM items. */
import type { Steps } from '../../base/steps.ts';
import {
  liveColumns,
  PG_CATALOG_SCHEMA_OID,
  type ReadableRelation,
  type RelationDescriptor,
  type SequenceDescriptor,
  type TableDescriptor,
  type ViewDescriptor,
  type VirtualTableDescriptor,
} from '../../catalog/catalog.ts';
import type { RangeVar } from '../../parse/ast.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { ColumnExpr, Expr } from '../expr.ts';
import type { LogicalNode, LogicalScan, ScanColumn } from '../logical.ts';
import { ROW_REF_ATTNUM, TABLE_OID_ATTNUM } from '../physical.ts';
import { constant, INT8 } from './coerce.ts';
import type { BindContext } from './context.ts';
import { querySteps, resolveOutputs } from './query.ts';
import type { RangeItem, Scope } from './scope.ts';
import type { CteEntry } from './with.ts';

export interface FromItem {
  readonly node: LogicalNode;
  readonly item: RangeItem;
}

/** Finds the relation that a name means, or throws 42P01. */
export function lookupRelation(context: BindContext, name: RangeVar): RelationDescriptor {
  const catalog = context.env.catalog;
  const relname = name.relname ?? '';
  if (name.catalogname !== undefined && name.catalogname !== catalog.databaseName) {
    throw context.error(
      'feature_not_supported',
      `cross-database references are not implemented: "${name.catalogname}.${name.schemaname}.${relname}"`,
      name.location,
    );
  }
  if (name.schemaname !== undefined) {
    const schema = catalog.schemaByName(schemaAlias(context, name.schemaname));
    const found = schema === undefined ? undefined : catalog.relationByName(schema.oid, relname);
    if (found !== undefined) return found;
    throw context.error(
      'undefined_table',
      `relation "${name.schemaname}.${relname}" does not exist`,
      name.location,
    );
  }
  const path = context.searchPath.includes(PG_CATALOG_SCHEMA_OID)
    ? context.searchPath
    : [PG_CATALOG_SCHEMA_OID, ...context.searchPath];
  for (const schema of path) {
    const found = catalog.relationByName(schema, relname);
    if (found !== undefined) return found;
  }
  throw context.error('undefined_table', `relation "${relname}" does not exist`, name.location);
}

export function* rangeVarSteps(name: RangeVar, scope: Scope): Steps<FromItem> {
  const { context } = scope;
  const cte = name.schemaname === undefined ? scope.ctes.get(name.relname ?? '') : undefined;
  const alias = name.alias?.aliasname ?? name.relname ?? '';
  const aliased = name.alias?.aliasname !== undefined;
  if (cte !== undefined) return cteItem(context, cte, alias, name.location);
  const relation = lookupRelation(context, name);
  switch (relation.kind) {
    case 'table':
    case 'virtual':
    case 'sequence':
      noteRead(context, relation.oid);
      return scanItem(context, relation, alias, aliased);
    case 'view':
      noteRead(context, relation.oid);
      return yield* viewSteps(context, relation, alias, aliased, name.location);
    default:
      throw context.error(
        'wrong_object_type',
        `cannot open relation "${relation.name}"`,
        name.location,
        {
          detail: 'This operation is not supported for indexes.',
        },
      );
  }
}

/** pg_temp stands for the session's own temporary schema, which leads the path where there is one. */
function schemaAlias(context: BindContext, name: string): string {
  if (name !== 'pg_temp') return name;
  const names = context.searchPath.map((oid) => context.env.catalog.schema(oid)?.name ?? '');
  return names.find((candidate) => candidate.startsWith('pg_temp_')) ?? name;
}

function noteRead(context: BindContext, relation: Oid): void {
  context.reads.add(relation);
  if (context.viewStack.length === 0) context.directReads.add(relation);
}

function cteItem(
  context: BindContext,
  cte: CteEntry,
  alias: string,
  location: number | undefined,
): FromItem {
  if (cte.forbidden !== undefined)
    throw context.error('invalid_recursion', cte.forbidden, location);
  const columns = cte.columns.map(({ name, type, shape }) =>
    context.newColumn(name, type, { name, alias, shape }),
  );
  const kind = cte.isWorkTable ? 'work-table' : 'cte-scan';
  const node: LogicalNode = { kind, cteId: cte.cteId, name: cte.name, columns };
  const item: RangeItem = {
    alias,
    aliased: true,
    relation: undefined,
    columns: columns.map((column) => ({ name: column.name, expr: context.reference(column) })),
    system: [],
    scalar: false,
    presence: null,
  };
  return { node, item };
}

const SEQUENCE_COLUMNS: readonly (readonly [string, Oid])[] = [
  ['last_value', OID.int8],
  ['log_cnt', OID.int8],
  ['is_called', OID.bool],
];

interface PlainColumn {
  readonly name: string;
  readonly attnum: number;
  readonly type: SqlType;
}

function columnsOfRelation(relation: ReadableRelation): readonly PlainColumn[] {
  if (relation.kind === 'sequence') {
    return SEQUENCE_COLUMNS.map(([name, oid], i) => ({ name, attnum: i + 1, type: sqlType(oid) }));
  }
  return liveColumns(relation);
}

/** A scan of a stored or computed relation, hidden columns included; pruning drops what is not used. */
export function scanItem(
  context: BindContext,
  relation: TableDescriptor | VirtualTableDescriptor | SequenceDescriptor,
  alias: string,
  aliased: boolean,
): FromItem & { readonly node: LogicalScan } {
  const columns: ScanColumn[] = columnsOfRelation(relation).map(({ name, attnum, type }) => ({
    attnum,
    ...context.newColumn(name, type, { name, alias, tableOid: relation.oid, attnum }),
  }));
  const visible = columns.map((column) => ({ name: column.name, expr: context.reference(column) }));
  let system: { name: string; expr: Expr }[] = [
    { name: 'tableoid', expr: constant(sqlType(OID.oid), relation.oid) },
  ];
  let rowRef: ScanColumn | undefined;
  if (relation.kind === 'table') {
    rowRef = {
      attnum: ROW_REF_ATTNUM,
      ...context.newColumn('ctid', INT8, { name: 'ctid', alias }),
    };
    const oid = context.newColumn('tableoid', sqlType(OID.oid), { name: 'tableoid', alias });
    columns.push(rowRef, { attnum: TABLE_OID_ATTNUM, ...oid });
    system = [
      { name: 'tableoid', expr: context.reference(oid) },
      { name: 'ctid', expr: tidOf(context.reference(rowRef)) },
    ];
  }
  const node: LogicalScan = { kind: 'scan', table: relation, alias, columns };
  const item: RangeItem = {
    alias,
    aliased,
    relation,
    columns: visible,
    system,
    scalar: false,
    presence: null,
    rowRefId: rowRef?.id,
  };
  return { node, item };
}

/** ctid in PostgreSQL's text form, made of the row ref. */
function tidOf(rowRef: ColumnExpr): Expr {
  return {
    kind: 'cast',
    type: sqlType(OID.tid),
    arg: rowRef,
    convert: (value) => `(0,${String(value)})`,
    explicit: false,
    form: 'implicit',
  };
}

function* viewSteps(
  context: BindContext,
  view: ViewDescriptor,
  alias: string,
  aliased: boolean,
  location: number | undefined,
): Steps<FromItem> {
  if (context.viewStack.includes(view.oid)) {
    throw context.error(
      'invalid_object_definition',
      `infinite recursion detected in rules for relation "${view.name}"`,
      location,
    );
  }
  const path = view.searchPath.flatMap((name) => context.env.catalog.schemaByName(name)?.oid ?? []);
  context.viewStack.push(view.oid);
  const query = yield* context.inViewSteps(path, function* () {
    const input = { context, outer: null, ctes: new Map() };
    return resolveOutputs(context, yield* querySteps(context.viewQuery(view), input));
  });
  context.viewStack.pop();
  const live = liveColumns(view);
  const columns = query.fields.slice(0, live.length).map((field, i) => {
    const { name, attnum } = live[i];
    context.setColumnInfo(field.column.id, {
      ...context.columnInfo(field.column.id),
      name,
      alias,
      tableOid: view.oid,
      attnum,
    });
    return { name, expr: context.reference(field.column) };
  });
  const item: RangeItem = {
    alias,
    aliased,
    relation: view,
    columns,
    system: [],
    scalar: false,
    presence: null,
  };
  return { node: query.node, item };
}
