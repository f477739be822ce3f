/** One column of CREATE TABLE or ADD COLUMN: type, default, identity, and the constraints written at it. */
import type { ColumnDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type ColumnDef, type NodeBody, type TypeName } from '../../parse/ast.ts';
import { BindContext } from '../../plan/bind/context.ts';
import { resolveTypeName } from '../../plan/bind/types.ts';
import { canonicalDefault } from '../expressions.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';

export type ConstraintNode = NodeBody<'Constraint'>;

export interface ColumnPlan {
  readonly column: ColumnDescriptor;
  /** serial types and identity need a sequence of this integer type. */
  readonly sequence: {
    readonly type: Oid;
    readonly options: ConstraintNode['options'];
    readonly serial: boolean;
  } | null;
  /** PRIMARY KEY, UNIQUE and CHECK written at the column. */
  readonly constraints: readonly ConstraintNode[];
}

const SERIAL_TYPES = new Map<string, Oid>([
  ['smallserial', OID.int2],
  ['serial2', OID.int2],
  ['serial', OID.int4],
  ['serial4', OID.int4],
  ['bigserial', OID.int8],
  ['serial8', OID.int8],
]);

/** Reads a column definition. `sql` is the source text, for error positions. */
export function planColumn(
  session: SessionContext,
  definition: ColumnDef,
  attnum: number,
  sql: string,
): ColumnPlan {
  const name = definition.colname ?? '';
  requireColumnName(name);
  const typeName = definition.typeName as TypeName;
  const serialType = serialTypeOf(typeName);
  const type = serialType === undefined ? columnType(session, typeName, sql) : sqlType(serialType);
  const draft = readConstraints(session, definition, type, sql);
  if (serialType !== undefined && (draft.defaultSql !== null || draft.identity !== '')) {
    throw dbError(
      'syntax_error',
      `multiple default values specified for column "${name}" of table`,
    );
  }
  if (draft.identity !== '' && draft.defaultSql !== null) {
    throw dbError(
      'syntax_error',
      `both default and identity specified for column "${name}" of table`,
    );
  }
  const needsSequence = serialType !== undefined || draft.identity !== '';
  return {
    column: {
      attnum,
      name,
      type,
      notNull: draft.notNull || needsSequence,
      defaultSql: draft.defaultSql,
      identity: draft.identity,
      generatedSql: draft.generatedSql,
    },
    sequence: needsSequence
      ? {
          type: identityType(type, name, draft.identity),
          options: draft.identityOptions,
          serial: serialType !== undefined,
        }
      : null,
    constraints: draft.constraints,
  };
}

const SYSTEM_COLUMNS = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']);

export function requireColumnName(name: string): void {
  if (SYSTEM_COLUMNS.has(name)) {
    throw dbError('duplicate_column', `column name "${name}" conflicts with a system column name`);
  }
}

function serialTypeOf(typeName: TypeName): Oid | undefined {
  const names = nameList(typeName.names);
  return names.length === 1 ? SERIAL_TYPES.get(names[0] as string) : undefined;
}

export function columnType(session: SessionContext, typeName: TypeName, sql: string): SqlType {
  const context = new BindContext(session.bindEnvironment(sql, []));
  const type = resolveTypeName(context, typeName);
  if (PSEUDO_TYPES.has(type.oid)) {
    throw dbError(
      'invalid_table_definition',
      `column has pseudo-type ${nameList(typeName.names).at(-1)}`,
    );
  }
  return type;
}

const PSEUDO_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.any,
  OID.anyarray,
  OID.anyelement,
  OID.anynonarray,
  OID.record,
  OID.void,
  OID.unknown,
  OID.trigger,
  OID.internal,
  OID.cstring,
  OID.anycompatible,
  OID.anycompatiblearray,
]);

interface ColumnDraft {
  notNull: boolean;
  nullGiven: boolean;
  defaultSql: string | null;
  identity: '' | 'a' | 'd';
  identityOptions: ConstraintNode['options'];
  generatedSql: string | undefined;
  constraints: ConstraintNode[];
}

function readConstraints(
  session: SessionContext,
  definition: ColumnDef,
  type: SqlType,
  sql: string,
): ColumnDraft {
  const draft: ColumnDraft = {
    notNull: definition.is_not_null === true,
    nullGiven: false,
    defaultSql: null,
    identity: '',
    identityOptions: undefined,
    generatedSql: undefined,
    constraints: [],
  };
  for (const node of definition.constraints ?? []) {
    const constraint = nodeAs(node, 'Constraint');
    if (constraint !== undefined) readConstraint(session, draft, definition, constraint, type, sql);
  }
  if (draft.notNull && draft.nullGiven) {
    throw dbError(
      'syntax_error',
      `conflicting NULL/NOT NULL declarations for column "${definition.colname}"`,
    );
  }
  return draft;
}

function readConstraint(
  session: SessionContext,
  draft: ColumnDraft,
  definition: ColumnDef,
  constraint: ConstraintNode,
  type: SqlType,
  sql: string,
): void {
  switch (constraint.contype) {
    case 'CONSTR_NOTNULL':
      draft.notNull = true;
      return;
    case 'CONSTR_NULL':
      draft.nullGiven = true;
      return;
    case 'CONSTR_DEFAULT':
      if (draft.defaultSql !== null) {
        throw dbError(
          'syntax_error',
          `multiple default values specified for column "${definition.colname}"`,
        );
      }
      draft.defaultSql = canonicalDefault(
        session,
        constraint.raw_expr,
        definition.colname ?? '',
        type,
        sql,
      );
      return;
    case 'CONSTR_IDENTITY':
      if (draft.identity !== '') {
        throw dbError(
          'syntax_error',
          `multiple identity specifications for column "${definition.colname}"`,
        );
      }
      draft.identity = constraint.generated_when === 'a' ? 'a' : 'd';
      draft.identityOptions = constraint.options;
      draft.notNull = true;
      return;
    case 'CONSTR_PRIMARY':
      draft.notNull = true;
      draft.constraints.push(constraint);
      return;
    case 'CONSTR_UNIQUE':
    case 'CONSTR_CHECK':
      draft.constraints.push(constraint);
      return;
    case 'CONSTR_GENERATED':
      throw notSupported('a generated column');
    case 'CONSTR_FOREIGN':
      throw notSupported('a foreign key constraint');
    default:
      throw notSupported(`column constraint ${constraint.contype}`);
  }
}

function identityType(type: SqlType, column: string, identity: string): Oid {
  if (type.oid === OID.int2 || type.oid === OID.int4 || type.oid === OID.int8) return type.oid;
  throw dbError(
    'invalid_parameter_value',
    identity === ''
      ? `serial column "${column}" must be an integer`
      : 'identity column type must be smallint, integer, or bigint',
  );
}
