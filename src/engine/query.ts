/**
 * SELECT, INSERT, UPDATE, DELETE and VALUES: bind, plan (cached per catalog snapshot), run. A statement
 * that changes or locks rows is run again on a new snapshot when a row it wants has changed underneath
 * it (READ COMMITTED); its rows reach the client only after it has ended, so nothing is sent twice.
 */
import { finishInTurns, finishNow } from '../base/steps.ts';
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import { execute } from '../exec/build.ts';
import { compilePlan } from '../exec/compile-plan.ts';
import type { ExecContext, Instrumentation } from '../exec/operator.ts';
import { modifiedRows } from '../exec/run.ts';
import type { ParsedStatement } from '../parse/parser.ts';
import { StoredTexts } from '../parse/stored-texts.ts';
import { bindSteps, type BoundStatement } from '../plan/binder.ts';
import { planSteps } from '../plan/physical-builder.ts';
import type { PhysicalNode, PhysicalPlan } from '../plan/physical.ts';
import { StatementRestart } from '../storage/storage.ts';
import type { Oid } from '../types/type.ts';
import type { Batch } from '../vector/vector.ts';
import { checkpointOf, parseTurns } from './checkpoint.ts';
import { temporarySchema } from './ddl/temporary.ts';
import type { Completion, Executable, StatementCall, StatementRun } from './executable.ts';
import { ParameterRows } from './insert/parameter-rows.ts';
import { checkPlanPrivileges } from './privileges.ts';
import type { FieldDescription } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { TableSizes } from './table-sizes.ts';
import { typeLength } from './type-length.ts';

export interface PlannedQuery {
  readonly plan: PhysicalPlan;
  readonly bound: BoundStatement;
  readonly fields: readonly FieldDescription[] | null;
  /** As of the planning. */
  readonly sizes: TableSizes;
  /** Whether planning took many steps: then compiling does, too. */
  readonly isLong?: boolean;
}

/** Times that a statement is restarted before it gives up with 40001. */
const RESTARTS_MAX = 1000;
const PLAN_CACHE_ENTRIES = 256;
/** Steps of the planning of a statement of a hundred terms. */
const SHORT_STEPS = 32;
const PLAN_CACHE_TEXT_LIMIT = 8192;
/** Literals such as 'now' are evaluated when the statement is bound: such plans are not kept. */
const VOLATILE_LITERAL = /\b(now|today|tomorrow|yesterday)\b/i;

/** True where the text, as a literal, may mean another value each time. */
export function isVolatileText(text: string): boolean {
  return VOLATILE_LITERAL.test(text);
}

const planCaches = new WeakMap<CatalogSnapshot, Map<string, PlannedQuery>>();

/**
 * An executable for a plannable statement. Analysis happens now, as at a Parse message. `described` is
 * what the client was told of its result already.
 */
export function queryExecutable(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
  declaredTypes: readonly Oid[],
  described?: readonly FieldDescription[] | null,
): Executable {
  const first = planQuery(session, statement, sql, declaredTypes);
  const { fields } = first;
  const isVolatile = isVolatileText(statement.text);
  const catalog = session.catalog();
  // Plans of long statements are in no cache: the statement itself keeps its last one.
  let kept = { planned: first, catalog, key: planKey(session, '', declaredTypes) };
  let isFirst = true;
  const isOutdated = (): boolean =>
    kept.catalog !== session.catalog() ||
    kept.planned.sizes.haveChanged(session) ||
    (isVolatile && !isFirst);
  const plan = (): PlannedQuery => {
    const key = planKey(session, '', declaredTypes);
    if (kept.key !== key || isOutdated()) {
      const planned = planQuery(session, statement, sql, declaredTypes);
      kept = { planned, catalog: session.catalog(), key };
    }
    isFirst = false;
    return kept.planned;
  };
  const ahead = (): Promise<void> | undefined =>
    !isFirst && isOutdated() ? planAhead(session, statement, sql, declaredTypes) : undefined;
  return {
    fields,
    parameterTypes: first.plan.parameterTypes.map((type) => type.oid),
    allowedWhenFailed: false,
    plan,
    insertPlan: ParameterRows.of(first.plan, catalog) === undefined ? undefined : plan,
    run: (call) => runQuery(session, { plan, ahead }, described ?? fields, call),
  };
}

/** Plans by their queries' trees, made in turns before they are asked for. */
const plannedAhead = new WeakMap<ParsedStatement['node'], PlannedQuery & PlanBasis>();

/** What a plan was made for. */
interface PlanBasis {
  readonly catalog: CatalogSnapshot;
  readonly key: string;
}

/** Binds and plans, or takes the plan from the cache of the current catalog snapshot. */
export function planQuery(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
  declaredTypes: readonly Oid[],
): PlannedQuery {
  const key = cacheKey(session, statement, declaredTypes);
  const cached = cachedPlan(session, key);
  if (cached !== undefined) return cached;
  const planned =
    takeAhead(session, statement, declaredTypes) ??
    finishNow(planInSteps(session, statement, sql, declaredTypes));
  if (key !== undefined) {
    const catalog = session.catalog();
    let cache = planCaches.get(catalog);
    if (cache === undefined) planCaches.set(catalog, (cache = new Map()));
    if (cache.size >= PLAN_CACHE_ENTRIES) cache.delete(cache.keys().next().value as string);
    cache.set(key, planned);
  }
  return planned;
}

/** Under which key the plan is kept for other sessions; undefined where it is not. */
function cacheKey(
  session: SessionContext,
  { text }: ParsedStatement,
  declaredTypes: readonly Oid[],
): string | undefined {
  if (text.length > PLAN_CACHE_TEXT_LIMIT || isVolatileText(text)) return undefined;
  return planKey(session, text, declaredTypes);
}

function cachedPlan(session: SessionContext, key: string | undefined): PlannedQuery | undefined {
  const cached = key === undefined ? undefined : planCaches.get(session.catalog())?.get(key);
  return cached?.sizes.haveChanged(session) === false ? cached : undefined;
}

/** Plans a statement in turns, for who asks `planQuery` for it next. Also a short one may be over long views. */
export async function planAhead(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
  declaredTypes: readonly Oid[],
): Promise<void> {
  if (cachedPlan(session, cacheKey(session, statement, declaredTypes)) !== undefined) return;
  const basis = { catalog: session.catalog(), key: planKey(session, '', declaredTypes) };
  const texts = new StoredTexts();
  const turns = parseTurns(session);
  let taken = 0;
  const planned = await texts.reading(() => {
    const steps = planInSteps(session, statement, sql, declaredTypes, texts);
    return finishInTurns(steps, () => {
      taken++;
      return turns.checkpoint();
    });
  }, turns);
  plannedAhead.set(statement.node, { ...basis, ...planned, isLong: taken > SHORT_STEPS });
}

/** What was planned ahead, once, and only if nothing has changed that plans depend on. */
function takeAhead(
  session: SessionContext,
  statement: ParsedStatement,
  declaredTypes: readonly Oid[],
): PlannedQuery | undefined {
  const ahead = plannedAhead.get(statement.node);
  if (ahead === undefined) return undefined;
  plannedAhead.delete(statement.node);
  const isCurrent =
    ahead.catalog === session.catalog() && ahead.key === planKey(session, '', declaredTypes);
  return isCurrent ? ahead : undefined;
}

function* planInSteps(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
  declaredTypes: readonly Oid[],
  texts?: StoredTexts,
): Generator<void, PlannedQuery, void> {
  const environment = { texts, ...session.bindEnvironment(sql, [...declaredTypes]) };
  const bound = yield* bindSteps(statement, environment);
  yield;
  const plan = yield* planSteps(bound, environment);
  return { plan, bound, fields: fieldsOf(bound), sizes: TableSizes.of(session, plan) };
}

/** What a plan depends on beside the catalog. */
export function planKey(session: SessionContext, text: string, types: readonly Oid[]): string {
  const { settings } = session;
  return [
    session.lookupPath().join(','),
    settings.get('TimeZone'),
    settings.get('DateStyle'),
    settings.get('IntervalStyle'),
    types.join(','),
    text,
  ].join('\u0000');
}

function fieldsOf(bound: BoundStatement): readonly FieldDescription[] | null {
  if (bound.fields === null) return null;
  return bound.fields.map((field) => ({
    name: field.name,
    tableOid: field.tableOid,
    attnum: field.attnum,
    type: field.type,
    typeLength: typeLength(field.type.oid),
  }));
}

async function* runQuery(
  session: SessionContext,
  { plan, ahead }: { plan(): PlannedQuery; ahead(): Promise<void> | undefined },
  fields: readonly FieldDescription[] | null,
  call: StatementCall,
): StatementRun {
  const planning = ahead();
  if (planning !== undefined) await planning;
  const planned = await lockAndPlan(session, plan);
  requireSameFields(fields, planned.fields);
  return yield* runPlanned(session, planned, call, undefined);
}

/** Locks the tables that the statement writes, then plans against the catalog as it is after that. */
export async function lockAndPlan(
  session: SessionContext,
  plan: () => PlannedQuery,
): Promise<PlannedQuery> {
  let planned = plan();
  const locked = new Set<Oid>();
  for (;;) {
    const missing = planned.plan.writes.filter((oid) => !locked.has(oid));
    if (missing.length === 0) return planned;
    refuseReadOnly(session, missing, commandName(planned.bound.command));
    for (const oid of missing) {
      await session.transaction.current().lockTable(oid, 'shared', 'block');
      locked.add(oid);
    }
    const before = session.catalog();
    session.transaction.current().newSnapshot();
    if (session.catalog() !== before) planned = plan();
  }
}

/** 25006 where a read-only transaction would change these; temporary tables are the session's own. */
export function refuseReadOnly(
  session: SessionContext,
  relations: readonly Oid[],
  command: string,
): void {
  if (!session.settings.isOn('transaction_read_only')) return;
  const catalog = session.catalog();
  const temporary = temporarySchema(catalog, session.processId);
  const isOwn = (oid: Oid): boolean =>
    temporary !== undefined && catalog.relation(oid)?.schema === temporary;
  if (relations.every(isOwn)) return;
  throw dbError(
    'read_only_sql_transaction',
    `cannot execute ${command} in a read-only transaction`,
  );
}

/** Runs a plan to its end, restarting it where READ COMMITTED calls for it. */
export async function* runPlanned(
  session: SessionContext,
  planned: PlannedQuery,
  call: StatementCall,
  instrumentation: Instrumentation | undefined,
): StatementRun {
  const { plan } = planned;
  checkPlanPrivileges(session, plan);
  if (planned.isLong === true) await finishInTurns(compilePlan(plan.root), checkpointOf(session));
  const context = (): ExecContext =>
    session.execContext(call.parameters, plan.execParams, instrumentation);
  if (!changesOrLocks(plan)) {
    yield* execute(plan.root, context());
    return completion(planned, 0);
  }
  const outcome = await runBuffered(session, plan, context);
  yield* outcome.batches;
  return completion(planned, outcome.rows);
}

interface BufferedOutcome {
  readonly batches: readonly Batch[];
  readonly rows: number;
}

async function runBuffered(
  session: SessionContext,
  plan: PhysicalPlan,
  context: () => ExecContext,
): Promise<BufferedOutcome> {
  const transaction = session.transaction.current();
  const savepoint = transaction.savepoint();
  for (let attempt = 0; ; attempt++) {
    try {
      const attemptContext = context();
      const batches: Batch[] = [];
      for await (const batch of execute(plan.root, attemptContext)) batches.push(batch);
      transaction.releaseSavepoint(savepoint);
      return { batches, rows: modifiedRows(plan.root, attemptContext) };
    } catch (error) {
      if (!(error instanceof StatementRestart)) throw error;
      if (attempt >= RESTARTS_MAX) {
        throw dbError(
          'serialization_failure',
          'could not serialize access due to concurrent update',
        );
      }
      transaction.rollbackTo(savepoint);
      transaction.newSnapshot();
    }
  }
}

const planChanges = new WeakMap<PhysicalPlan, boolean>();

function changesOrLocks(plan: PhysicalPlan): boolean {
  let answer = planChanges.get(plan);
  if (answer === undefined) {
    answer = plan.writes.length > 0 || hasLockRows(plan.root);
    planChanges.set(plan, answer);
  }
  return answer;
}

function hasLockRows(node: PhysicalNode): boolean {
  if (node.kind === 'lock-rows') return true;
  const inputs: PhysicalNode[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) inputs.push(...value.filter(isNode));
    else if (isNode(value)) inputs.push(value);
  }
  return inputs.some(hasLockRows);
}

function isNode(value: unknown): value is PhysicalNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'estimatedRows' in value;
}

function completion(planned: PlannedQuery, rows: number): Completion {
  switch (planned.bound.command) {
    case 'select':
      return { tag: 'SELECT', countDelivered: true };
    case 'insert':
      return { tag: `INSERT 0 ${rows}`, countDelivered: false };
    case 'update':
      return { tag: `UPDATE ${rows}`, countDelivered: false };
    case 'delete':
      return { tag: `DELETE ${rows}`, countDelivered: false };
  }
}

function commandName(command: BoundStatement['command']): string {
  return command.toUpperCase();
}

export function requireSameFields(
  before: readonly FieldDescription[] | null,
  after: readonly FieldDescription[] | null,
): void {
  const same =
    before === after ||
    (before !== null &&
      after !== null &&
      before.length === after.length &&
      before.every(
        (field, i) => field.type.oid === after[i]?.type.oid && field.name === after[i]?.name,
      ));
  if (!same) {
    throw dbError('feature_not_supported', {
      message: 'cached plan must not change result type',
      routine: 'RevalidateCachedQuery',
    });
  }
}
