/**
 * Queries that differ from an earlier one only in literals run on its plan, made with parameters in the
 * literals' places: neither parsed nor planned again. The plan is kept only where it is the one that the
 * first statement got, constants apart, and the literals' values come out the same.
 */
import { isHeavy } from '../../types/large-value.ts';
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { DbError } from '../../errors/db-error.ts';
import { compileExpr, isAsync, UNIT_BATCH } from '../../exec/expression.ts';
import type { ExecContext } from '../../exec/operator.ts';
import { parseStatements, type ParsedStatement } from '../../parse/parser.ts';
import { OffsetReader } from '../../parse/position.ts';
import { replaceLiterals } from '../../parse/replace-literals.ts';
import { statementShape, type ShapeLiteral, type StatementShape } from '../../parse/shape.ts';
import { bindStatement } from '../../plan/binder.ts';
import type { Expr } from '../../plan/expr.ts';
import { planStatement } from '../../plan/physical-builder.ts';
import { codecFor } from '../../types/codecs.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { valueAt } from '../../vector/vector.ts';
import type { Executable } from '../executable.ts';
import {
  isVolatileText,
  planKey,
  planQuery,
  queryExecutable,
  runPlanned,
  type PlannedQuery,
} from '../query.ts';
import type { SessionContext } from '../session-context.ts';
import { mergePlans } from './merge-plans.ts';

interface ShapedPlan {
  readonly planned: PlannedQuery;
  /** Per parameter: the literal that it stands for, and its type. */
  readonly literals: readonly number[];
  readonly types: readonly Oid[];
  readonly derived: readonly Expr[];
}

interface Shape {
  /** Statements of the shape that were planned for themselves. */
  seen: number;
  /** Literals that some statement's plan has as they are; known once a statement was looked at. */
  fixed: ReadonlySet<number> | undefined;
  /** By what `variantKey` gives of `fixed`; null where no common plan is possible. */
  readonly plans: Map<string, ShapedPlan | null>;
}

const TEXT_LIMIT = 8192;
const SHAPES_MAX = 512;
const PLANS_MAX = 16;
/** A shape gets its plan when it comes this often: most statements come once. */
const SIGHTINGS = 2;

const caches = new WeakMap<CatalogSnapshot, Map<string, Shape>>();

/** A statement's literals with their shape, where it is of a kind that may have a shared plan. */
export function shapeOf(sql: string): StatementShape | undefined {
  if (sql.length > TEXT_LIMIT || !/^\s*(select|with)\b/i.test(sql)) return undefined;
  const shape = statementShape(sql);
  if (shape === undefined || shape.literals.length === 0 || /[;$]/.test(shape.key))
    return undefined;
  return shape.literals.some(({ text }) => isVolatileText(text)) ? undefined : shape;
}

/** The query on the plan of its shape; undefined where there is none. The transaction must be open. */
export function shapedExecutable(
  session: SessionContext,
  shape: StatementShape,
  sql: string,
): Executable | undefined {
  const key = planKey(session, shape.key, []);
  const known = caches.get(session.catalog())?.get(key);
  if (known?.fixed === undefined) return undefined;
  const variant = variantKey(shape.literals, known.fixed);
  const shaped = known.plans.get(variant);
  if (shaped === undefined || shaped === null) return undefined;
  if (shaped.planned.sizes.haveChanged(session)) {
    known.plans.delete(variant);
    return undefined;
  }
  const parameters = parameterValues(session, shaped, shape.literals);
  if (parameters === undefined) return undefined;
  const { planned } = shaped;
  const catalog = session.catalog();
  return {
    fields: planned.fields,
    parameterTypes: [],
    allowedWhenFailed: false,
    run(call) {
      // A prepared statement may outlive the catalog and the settings that it was made under.
      const isCurrent =
        session.catalog() === catalog &&
        planKey(session, shape.key, []) === key &&
        !planned.sizes.haveChanged(session);
      if (isCurrent) return runPlanned(session, planned, { ...call, parameters }, undefined);
      const [statement] = parseStatements(sql);
      return queryExecutable(session, statement as ParsedStatement, sql, [], planned.fields).run(
        call,
      );
    },
  };
}

/** Takes note of a query that was just planned for itself, and makes the plan of its shape in time. */
export function noteShape(
  session: SessionContext,
  shape: StatementShape,
  statement: ParsedStatement,
  sql: string,
): void {
  if (!('SelectStmt' in statement.node)) return;
  const catalog = session.catalog();
  let cache = caches.get(catalog);
  if (cache === undefined) caches.set(catalog, (cache = new Map()));
  const key = planKey(session, shape.key, []);
  let known = cache.get(key);
  if (known === undefined) {
    if (cache.size >= SHAPES_MAX) cache.delete(cache.keys().next().value as string);
    cache.set(key, (known = { seen: 0, fixed: undefined, plans: new Map() }));
  }
  if (++known.seen < SIGHTINGS || known.plans.size >= PLANS_MAX) return;
  const numbers = literalNumbers(shape.literals);
  const replaced = replaceIn(statement, sql, shape.literals, numbers);
  const fixed = fixAlso(known, replaced.fixed);
  const variant = variantKey(shape.literals, fixed);
  if (known.plans.has(variant)) return;
  known.plans.set(
    variant,
    makePlan(session, statement, replaced.statement, sql, shape.literals, numbers),
  );
}

/**
 * Whether a literal stays may depend on its value (LIMIT 1 does): one that stays in a statement is told apart
 * in all of the shape, and plans under keys that did not tell it apart are made anew.
 */
function fixAlso(known: Shape, fixed: ReadonlySet<number>): ReadonlySet<number> {
  const before = known.fixed ?? new Set<number>();
  const all = new Set([...before, ...fixed]);
  if (all.size > before.size) known.plans.clear();
  known.fixed = all;
  return all;
}

/** Per literal the number of its parameter: equal literals share one, so that equal terms stay equal. */
function literalNumbers(literals: readonly ShapeLiteral[]): number[] {
  const known = new Map<string, number>();
  return literals.map(({ kind, text }) => {
    const key = `${kind} ${text}`;
    let number = known.get(key);
    if (number === undefined) known.set(key, (number = known.size + 1));
    return number;
  });
}

/**
 * Which literals are equal, and the texts of those that are fixed: where they stay in some plans only, others
 * may have one parameter for them and for an equal literal.
 */
function variantKey(literals: readonly ShapeLiteral[], fixed: ReadonlySet<number>): string {
  const numbers = literalNumbers(literals);
  return literals
    .map(({ text }, i) => (fixed.has(i) ? `${numbers[i]}=${text}` : numbers[i]))
    .join('\u0000');
}

function replaceIn(
  statement: ParsedStatement,
  sql: string,
  literals: readonly ShapeLiteral[],
  numbers: readonly number[],
): { statement: ParsedStatement; fixed: Set<number> } {
  const byOffset = new Map(literals.map(({ offset }, i) => [offset, i]));
  const fixed = new Set(literals.keys());
  const offsets = new OffsetReader(sql);
  const node = replaceLiterals(statement.node, (location) => {
    const literal = byOffset.get(offsets.unit(location));
    if (literal === undefined) return undefined;
    fixed.delete(literal);
    return numbers[literal];
  });
  return { statement: { ...statement, node }, fixed };
}

function makePlan(
  session: SessionContext,
  statement: ParsedStatement,
  generic: ParsedStatement,
  sql: string,
  literals: readonly ShapeLiteral[],
  numbers: readonly number[],
): ShapedPlan | null {
  const plain = planQuery(session, statement, sql, []);
  const count = Math.max(0, ...numbers);
  const firsts = Array.from({ length: count }, (_, i) => numbers.indexOf(i + 1));
  const declared = firsts.map((literal) => declaredType(literals[literal] as ShapeLiteral));
  try {
    const environment = session.bindEnvironment(sql, declared);
    const bound = bindStatement(generic, environment);
    const plan = planStatement(bound, environment);
    const merged = mergePlans(plain.plan, plan);
    // Those that write lock their tables before they plan.
    if (merged === undefined || plan.writes.length > 0) return null;
    const shaped: ShapedPlan = {
      planned: { ...plain, plan: merged.plan },
      literals: firsts,
      types: plan.parameterTypes.map((type) => type.oid),
      derived: merged.derived,
    };
    const values = parameterValues(session, { ...shaped, derived: [] }, literals);
    if (values === undefined || merged.checks.some(({ expr }) => isAsync(expr))) return null;
    const context = session.execContext(values, 0);
    const isSame = merged.checks.every(({ expr, value }) =>
      isSameValue(evaluateOnce(expr, context), value),
    );
    return isSame ? shaped : null;
  } catch (error) {
    // What the statement itself could be planned with, its parameters cannot.
    if (error instanceof DbError) return null;
    throw error;
  }
}

/** 0 leaves the type to be inferred, as that of a string literal is. */
function declaredType({ kind, text }: ShapeLiteral): Oid {
  if (kind === 'string') return 0;
  return /^\d+$/.test(text) ? OID.int4 : OID.numeric;
}

/** The parameters' values and those derived from them; undefined where one cannot be had. */
function parameterValues(
  session: SessionContext,
  { literals, types, derived }: ShapedPlan,
  texts: readonly ShapeLiteral[],
): Value[] | undefined {
  const { format } = session.evalContext();
  const values: Value[] = [];
  try {
    for (let i = 0; i < literals.length; i++) {
      const { text } = texts[literals[i] as number] as ShapeLiteral;
      const codec = codecFor(types[i] as Oid);
      // What takes long the statement itself does in steps.
      if (codec.parseSteps !== undefined && isHeavy(text)) return undefined;
      values.push(codec.parseText(text, -1, format));
    }
    if (derived.length === 0) return values;
    const context = session.execContext(values, 0);
    return [...values, ...derived.map((expr) => evaluateOnce(expr, context))];
  } catch (error) {
    // The statement itself tells what is wrong, and where.
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

function evaluateOnce(expr: Expr, context: ExecContext): Value {
  return valueAt(compileExpr(expr).evaluate(UNIT_BATCH, context), 0);
}

function isSameValue(a: Value, b: Value): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** JSON knows no bigints, infinities, NaN or negative zero. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, child]) => [key, plain(child)]);
}
