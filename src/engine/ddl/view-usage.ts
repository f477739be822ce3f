/**
 * What a view's query means under a given catalog: the relations and columns that it uses, and a
 * fingerprint that two catalogs share only where the view means the same under both.
 */
import { finishInTurns, finishNow, type Steps } from '../../base/steps.ts';
import type { CatalogSnapshot, ViewDescriptor } from '../../catalog/catalog.ts';
import { DbError } from '../../errors/db-error.ts';
import type { ParseTurns } from '../../parse/parse-in-turns.ts';
import { readStored, storedStatements } from '../../parse/stored-texts.ts';
import { bindStatement, type BindEnvironment, type BoundStatement } from '../../plan/binder.ts';
import type { Oid } from '../../types/type.ts';
import { parseTurns } from '../checkpoint.ts';
import type { SessionContext } from '../session-context.ts';
import { bindInTurns } from './bind-in-turns.ts';

export interface ViewUsage {
  /** Relations that the view itself names. */
  readonly relations: ReadonlySet<Oid>;
  /** attnums of the columns used, of tables also behind other views. */
  readonly columns: ReadonlyMap<Oid, ReadonlySet<number>>;
  readonly fingerprint: string;
}

const usages = new WeakMap<CatalogSnapshot, Map<ViewDescriptor, ViewUsage | null>>();

/** undefined where the query cannot be bound under this catalog. */
export function viewUsage(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
): ViewUsage | undefined {
  let cache = usages.get(catalog);
  if (cache === undefined) usages.set(catalog, (cache = new Map()));
  let usage = cache.get(view);
  if (usage === undefined) cache.set(view, (usage = computeUsage(session, catalog, view) ?? null));
  return usage ?? undefined;
}

/** Reads what all views mean under a catalog, in turns, for who looks it up next. */
export async function readUsages(
  session: SessionContext,
  catalog: CatalogSnapshot,
  views: Iterable<ViewDescriptor>,
): Promise<void> {
  // One slice for all: thousands of short views take as long as a long one.
  const turns = parseTurns(session);
  for (const view of views) {
    if (usages.get(catalog)?.has(view) === true) continue;
    await turns.checkpoint();
    const usage = await usageInTurns(session, catalog, view, turns);
    let cache = usages.get(catalog);
    if (cache === undefined) usages.set(catalog, (cache = new Map()));
    cache.set(view, usage ?? null);
  }
}

async function usageInTurns(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
  turns: ParseTurns,
): Promise<ViewUsage | undefined> {
  const [statement] = await readStored(view.sql, turns);
  if (statement === undefined) return undefined;
  try {
    const bound = await bindInTurns(session, statement, environmentOf(session, catalog, view));
    return await finishInTurns(usageSteps(bound), () => turns.checkpoint());
  } catch (error) {
    return withoutMeaning(error);
  }
}

/** Whatever the error, under this catalog the view has no meaning; only a cancel or time-out says nothing of it. */
function withoutMeaning(error: unknown): undefined {
  if (error instanceof DbError && error.condition === 'query_canceled') throw error;
}

function computeUsage(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
): ViewUsage | undefined {
  const [statement] = storedStatements(view.sql);
  if (statement === undefined) return undefined;
  try {
    return usageOf(bindStatement(statement, environmentOf(session, catalog, view)));
  } catch (error) {
    return withoutMeaning(error);
  }
}

function environmentOf(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
): BindEnvironment {
  const searchPath = view.searchPath
    .map((name) => catalog.schemaByName(name)?.oid)
    .filter((oid): oid is Oid => oid !== undefined);
  return { ...session.bindEnvironment(view.sql, []), catalog, searchPath };
}

/** Usage of a bound SELECT. */
export function usageOf(bound: BoundStatement): ViewUsage {
  return finishNow(usageSteps(bound));
}

export function* usageSteps(bound: BoundStatement): Steps<ViewUsage> {
  const walk = new PlanWalk();
  yield* walk.register(bound.root);
  const fields = (bound.fields ?? []).map(({ type, tableOid, attnum }) => [
    type.oid,
    type.typmod,
    tableOid,
    attnum,
  ]);
  const fingerprint = JSON.stringify([yield* walk.plain(bound.root), fields]);
  for (const { tableOid, attnum } of bound.fields ?? []) walk.use(tableOid, attnum);
  return { relations: new Set(bound.directReads), columns: walk.columns, fingerprint };
}

interface ScanColumnName {
  readonly table: Oid;
  readonly attnum: number;
  readonly label: string;
}

/** Values of a plan that are looked at in one step: about a millisecond. */
const STEP_VALUES = 2048;

/** Reads a logical plan as plain data, with labels that do not depend on how ids were handed out. */
class PlanWalk {
  readonly columns = new Map<Oid, Set<number>>();
  readonly #scanColumns = new Map<number, ScanColumnName>();
  readonly #labels = new Map<number, string>();
  #scans = 0;
  #others = 0;
  /** Values looked at since the last step. */
  #looked = 0;

  #isDue(): boolean {
    this.#looked = (this.#looked + 1) % STEP_VALUES;
    return this.#looked === 0;
  }

  use(table: Oid, attnum: number): void {
    if (table === 0 || attnum <= 0) return;
    let attnums = this.columns.get(table);
    if (attnums === undefined) this.columns.set(table, (attnums = new Set()));
    attnums.add(attnum);
  }

  /** Gives labels to all column ids, the scans' first. */
  *register(value: unknown): Steps<void> {
    if (typeof value !== 'object' || value === null) return;
    if (this.#isDue()) yield;
    if (Array.isArray(value)) {
      for (const item of value) yield* this.register(item);
      return;
    }
    const node = value as Record<string, unknown>;
    if (node['kind'] === 'scan') {
      this.#registerScan(node);
      return;
    }
    for (const [key, child] of Object.entries(node)) {
      if (!SKIPPED_KEYS.has(key)) yield* this.register(child);
    }
    const { columns } = node;
    if (!Array.isArray(columns)) return;
    for (const column of columns as { readonly id?: number }[]) {
      if (
        column.id === undefined ||
        this.#scanColumns.has(column.id) ||
        this.#labels.has(column.id)
      )
        continue;
      this.#labels.set(column.id, `c${this.#others++}`);
    }
  }

  #registerScan(node: Record<string, unknown>): void {
    const scan = ++this.#scans;
    const table = (node['table'] as { readonly oid: Oid }).oid;
    for (const { id, attnum } of node['columns'] as {
      readonly id: number;
      readonly attnum: number;
    }[]) {
      this.#scanColumns.set(id, { table, attnum, label: `s${scan}.${attnum}` });
    }
  }

  *plain(value: unknown): Steps<unknown> {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return 'f';
    if (value instanceof Uint8Array) return [...value];
    if (typeof value !== 'object' || value === null) return value;
    if (this.#isDue()) yield;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(yield* this.plain(item));
      return items;
    }
    const node = value as Record<string, unknown>;
    if (node['kind'] === 'scan') return ['scan', (node['table'] as { readonly oid: Oid }).oid];
    if (node['kind'] === 'column' && typeof node['index'] === 'number')
      return this.#label(node['index']);
    const plain: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(node)) {
      if (key === 'fn') plain[key] = functionName(child);
      else if (!SKIPPED_KEYS.has(key)) plain[key] = yield* this.plain(child);
    }
    return plain;
  }

  #label(id: number): string {
    const column = this.#scanColumns.get(id);
    if (column === undefined) return this.#labels.get(id) ?? `?${id}`;
    this.use(column.table, column.attnum);
    return column.label;
  }
}

/** Output columns follow from the rest; names mean nothing once bound. */
const SKIPPED_KEYS: ReadonlySet<string> = new Set([
  'columns',
  'column',
  'fn',
  'alias',
  'name',
  'names',
  'convert',
]);

function functionName(value: unknown): unknown {
  const { name, oid } = value as { readonly name?: string; readonly oid?: number };
  return [name, oid];
}
