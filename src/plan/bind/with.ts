/** WITH: plain, recursive and data-modifying common table expressions. */
import type { Steps } from '../../base/steps.ts';
import type { SqlType } from '../../types/type.ts';
import {
  nameList,
  nodeAs,
  type CommonTableExpr,
  type Node,
  type SelectStmt,
  type WithClause,
} from '../../parse/ast.ts';
import { notSupported } from '../../errors/db-error.ts';
import type { LogicalNode, LogicalWith } from '../logical.ts';
import type { BindContext, RecordShape } from './context.ts';
import { modifyingCteSteps } from './modify.ts';
import {
  mapOutputs,
  querySteps,
  resolveOutputs,
  type BoundQuery,
  type QueryInput,
} from './query.ts';
import { commonType, toCommon } from './coerce.ts';
import { checkRecursiveTerm } from './recursive-term.ts';
import { equalityOf } from './operators.ts';
import { typeText } from './types.ts';

export interface CteEntry {
  readonly cteId: number;
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: SqlType;
    readonly shape: RecordShape | undefined;
  }[];
  /** The CTE itself, seen from inside its recursive term. */
  readonly isWorkTable: boolean;
  /** Why the name cannot be used here, with the words of the error. */
  readonly forbidden?: string | undefined;
}

export interface BoundWith {
  readonly ctes: ReadonlyMap<string, CteEntry>;
  readonly declared: LogicalWith['ctes'];
}

export function* withSteps(clause: WithClause | undefined, input: QueryInput): Steps<BoundWith> {
  if (clause === undefined) return { ctes: input.ctes, declared: [] };
  const { context } = input;
  const ctes = new Map(input.ctes);
  const declared: LogicalWith['ctes'][number][] = [];
  const seen = new Set<string>();
  for (const item of clause.ctes ?? []) {
    const cte = nodeAs(item, 'CommonTableExpr');
    if (cte === undefined) continue;
    const name = cte.ctename ?? '';
    if (seen.has(name)) {
      throw context.error(
        'duplicate_alias',
        `WITH query name "${name}" specified more than once`,
        cte.location,
      );
    }
    seen.add(name);
    if (cte.search_clause !== undefined || cte.cycle_clause !== undefined) {
      throw notSupported('SEARCH or CYCLE clause', context.position(cte.location));
    }
    const bound = yield* bindCte(cte, clause.recursive === true, { ...input, ctes });
    ctes.set(name, bound.entry);
    declared.push(bound.declared);
  }
  return { ctes, declared };
}

/** Puts the declarations around the query that uses them. */
export function wrapWith(declared: LogicalWith['ctes'], query: BoundQuery): BoundQuery {
  if (declared.length === 0) return query;
  const node: LogicalWith = {
    kind: 'with',
    ctes: declared,
    body: query.node,
    columns: query.node.columns,
  };
  return { node, fields: query.fields };
}

interface BoundCte {
  readonly entry: CteEntry;
  readonly declared: LogicalWith['ctes'][number];
}

function* bindCte(cte: CommonTableExpr, recursive: boolean, input: QueryInput): Steps<BoundCte> {
  const { context } = input;
  const query = cte.ctequery as Node;
  const select = nodeAs(query, 'SelectStmt');
  if (select === undefined) {
    if (input.topLevel !== true) {
      throw context.error(
        'feature_not_supported',
        'WITH clause containing a data-modifying statement must be at the top level',
        cte.location,
      );
    }
    return declare(context, cte, yield* modifyingCteSteps(query, input), true);
  }
  const inner = { ...input, topLevel: false };
  if (recursive && mentions(query, cte.ctename ?? ''))
    return yield* bindRecursive(cte, select, inner);
  return declare(context, cte, resolveOutputs(context, yield* querySteps(select, inner)), false);
}

function declare(
  context: BindContext,
  cte: CommonTableExpr,
  query: BoundQuery,
  modifying: boolean,
): BoundCte {
  const cteId = context.newCteId();
  const name = cte.ctename ?? '';
  const entry = entryFor(context, cteId, cte, query, false);
  const materialized =
    cte.ctematerialized === 'CTEMaterializeAlways'
      ? 'always'
      : cte.ctematerialized === 'CTEMaterializeNever'
        ? 'never'
        : 'default';
  return { entry, declared: { cteId, name, plan: query.node, modifying, materialized } };
}

function entryFor(
  context: BindContext,
  cteId: number,
  cte: CommonTableExpr,
  query: BoundQuery,
  isWorkTable: boolean,
): CteEntry {
  const name = cte.ctename ?? '';
  const aliases = nameList(cte.aliascolnames);
  if (aliases.length > query.fields.length) {
    throw context.error(
      'invalid_column_reference',
      `WITH query "${name}" has ${query.fields.length} columns available but ${aliases.length} columns specified`,
      cte.location,
    );
  }
  const columns = query.fields.map((field, i) => ({
    name: aliases[i] ?? field.name,
    type: field.column.type,
    shape: field.shape,
  }));
  return { cteId, name, columns, isWorkTable };
}

function* bindRecursive(
  cte: CommonTableExpr,
  select: SelectStmt,
  input: QueryInput,
): Steps<BoundCte> {
  const { context } = input;
  const name = cte.ctename ?? '';
  if (select.op !== 'SETOP_UNION') {
    throw context.error(
      'invalid_recursion',
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
      cte.location,
    );
  }
  for (const [clause, text] of [
    [select.sortClause, 'ORDER BY'],
    [select.limitOffset, 'OFFSET'],
    [select.limitCount, 'LIMIT'],
    [select.lockingClause, 'FOR UPDATE/SHARE'],
  ] as const) {
    if (clause !== undefined)
      throw context.error(
        'feature_not_supported',
        `${text} in a recursive query is not implemented`,
      );
  }
  checkRecursiveTerm(context, name, select.rarg as SelectStmt);
  const scoped = yield* withSteps(select.withClause, input);
  const forbidden = new Map(scoped.ctes);
  forbidden.set(name, {
    cteId: 0,
    name,
    columns: [],
    isWorkTable: true,
    forbidden: `recursive reference to query "${name}" must not appear within its non-recursive term`,
  });
  const seed = resolveOutputs(
    context,
    yield* querySteps(select.larg as SelectStmt, { ...input, ctes: forbidden }),
  );
  const cteId = context.newCteId();
  const entry = entryFor(context, cteId, cte, seed, true);
  const stepCtes = new Map(scoped.ctes);
  stepCtes.set(name, entry);
  const raw = yield* querySteps(select.rarg as SelectStmt, {
    ...input,
    ctes: stepCtes,
    keepUnknown: true,
  });
  if (raw.fields.length !== seed.fields.length) {
    throw context.error('syntax_error', 'each UNION query must have the same number of columns');
  }
  const step = typeStep(context, name, seed, raw);
  const distinct = select.all !== true;
  if (distinct) for (const field of seed.fields) equalityOf(context, field.column.type);
  const columns = seed.fields.map((field) => context.newColumn(field.name, field.column.type));
  let plan: LogicalNode = {
    kind: 'recursive-union',
    cteId,
    seed: seed.node,
    step: step.node,
    distinct,
    columns,
  };
  if (scoped.declared.length > 0)
    plan = { kind: 'with', ctes: scoped.declared, body: plan, columns };
  return {
    entry: { ...entry, isWorkTable: false },
    declared: { cteId, name, plan, modifying: false, materialized: 'always' },
  };
}

function typeStep(
  context: BindContext,
  name: string,
  seed: BoundQuery,
  raw: BoundQuery,
): BoundQuery {
  return mapOutputs(context, raw, (expr, i) => {
    const type = seed.fields[i].column.type;
    const overall = commonType(context, [{ kind: 'constant', type, value: null }, expr], 'UNION');
    if (overall.oid !== type.oid) {
      throw context.error(
        'datatype_mismatch',
        `recursive query "${name}" column ${i + 1} has type ${typeText(context, type)} in non-recursive term but type ${typeText(context, overall)} overall`,
        context.locationOf(expr),
        { hint: 'Cast the output of the non-recursive term to the correct type.' },
      );
    }
    return toCommon(context, expr, { oid: type.oid, typmod: -1 }, 'UNION');
  });
}

/** Whether the tree has a range variable of this name, whatever scope it stands in. */
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentions(item, name));
  if (typeof node !== 'object' || node === null) return false;
  const record = node as Record<string, unknown>;
  if (record.relname === name && record.schemaname === undefined) return true;
  return Object.values(record).some((value) => mentions(value, name));
}
