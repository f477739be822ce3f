/**
 * COPY FROM STDIN: bytes to columns to storage, batch by batch. Columns that the statement leaves out
 * get their defaults; NOT NULL and CHECK hold for every row.
 */
import { SHORT_SLICE_MS } from '../../base/slice.ts';
import { prepareValues } from '../../exec/prepare-values.ts';
import { liveColumns, type ColumnDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { DbError, dbError, notSupported } from '../../errors/db-error.ts';
import { compileExpr } from '../../exec/expression.ts';
import type { ExecContext } from '../../exec/operator.ts';
import { checkRows } from '../../exec/row-checks.ts';
import { compilePredicate, type Selection } from '../../exec/predicate.ts';
import { gatherBatch } from '../../vector/gather.ts';
import { nameList, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { RowChecks } from '../../plan/physical.ts';
import { nullVector } from '../../vector/builder.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { mustFindRelation } from '../ddl/names.ts';
import { checkpointOf } from '../checkpoint.ts';
import type { StatementCall } from '../executable.ts';
import type { Checkpoint } from '../session.ts';
import { bindColumnDefault, bindTableCondition, rowChecksOf } from '../expressions.ts';
import { refuseReadOnly } from '../query.ts';
import { requirePrivilege } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { BinaryReader } from './binary-reader.ts';
import { vectorRep } from '../../types/type.ts';
import { blockReaderFor } from './block-reader.ts';
import { ColumnSink, FIRST_CAPACITY } from './column-sink.ts';
import { CopyReader } from './copy-reader.ts';
import { CsvReader } from './csv-reader.ts';
import { requireForcedColumns, type CopyOptions } from './options.ts';
import { CopyPlace, withField, type RowReader } from './row-reader.ts';
import { TextReader } from './text-reader.ts';
import { lastLoadOf, type LastLoad } from './table-loads.ts';

const BATCH_ROWS = 16_384;

export async function copyFrom(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  options: CopyOptions,
  sql: string,
  call: StatementCall,
): Promise<string> {
  const table = targetTable(session, node.relation as RangeVar);
  requirePrivilege(session, table, 'a');
  refuseReadOnly(session, [table.oid], 'COPY FROM');
  await session.transaction.current().lockTable(table.oid, 'shared', 'block');
  if (options.freeze) requireFresh(session, table);
  const load = new CopyLoad(session, table, nameList(node.attlist), options);
  if (node.whereClause !== undefined) {
    load.setWhere(bindTableCondition(session, node.whereClause, table, sql));
  }
  const format = options.format === 'binary' ? 1 : 0;
  const input = call.sink.copyIn(
    format,
    load.columns.map(() => format),
  );
  const rows = await load.run(input);
  return `COPY ${rows}`;
}

function targetTable(session: SessionContext, name: RangeVar): TableDescriptor {
  const relation = mustFindRelation(session, name);
  if (relation.kind === 'table') return relation;
  const kind = relation.kind === 'virtual' ? 'view' : relation.kind;
  throw dbError('wrong_object_type', {
    message: `cannot copy to ${kind} "${relation.name}"`,
    hint:
      kind === 'view'
        ? 'To enable copying to a view, provide an INSTEAD OF INSERT trigger.'
        : undefined,
  });
}

/** FREEZE is for tables that nobody else can have seen: created or truncated in this subtransaction. */
function requireFresh(session: SessionContext, table: TableDescriptor): void {
  const before = session.transaction.catalogBefore().relation(table.oid);
  if (before?.kind !== 'table' || before.storageId !== table.storageId) return;
  throw dbError(
    'object_not_in_prerequisite_state',
    'cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction',
  );
}

/** Columns of a COPY list, all live ones where there is none. */
export function copyColumns(table: TableDescriptor, names: readonly string[]): ColumnDescriptor[] {
  const live = liveColumns(table);
  if (names.length === 0) return live.filter((column) => column.generatedSql === undefined);
  const seen = new Set<string>();
  return names.map((name) => {
    const column = live.find((candidate) => candidate.name === name);
    if (column === undefined) {
      throw dbError(
        'undefined_column',
        `column "${name}" of relation "${table.name}" does not exist`,
      );
    }
    if (seen.has(name))
      throw dbError('duplicate_column', `column "${name}" specified more than once`);
    seen.add(name);
    return column;
  });
}

class CopyLoad {
  readonly columns: readonly ColumnDescriptor[];
  readonly #session: SessionContext;
  readonly #table: TableDescriptor;
  readonly #sinks: readonly ColumnSink[];
  readonly #reader: CopyReader;
  readonly #place: CopyPlace;
  readonly #checks: RowChecks;
  readonly #context: ExecContext;
  readonly #checkpoint: Checkpoint;
  /** For each live column: its sink, or what makes its default. */
  readonly #sources: readonly ((length: number) => Vector | Promise<Vector>)[];
  #keep: ((batch: Batch) => Selection | Promise<Selection>) | undefined;
  readonly #last: LastLoad;
  #total = 0;

  constructor(
    session: SessionContext,
    table: TableDescriptor,
    names: readonly string[],
    options: CopyOptions,
  ) {
    this.#session = session;
    this.#table = table;
    this.columns = copyColumns(table, names);
    requireForcedColumns(
      options,
      this.columns.map(({ name }) => name),
      { name: table.name, columns: liveColumns(table).map(({ name }) => name) },
    );
    this.#context = session.execContext([], 0);
    this.#checkpoint = checkpointOf(session, SHORT_SLICE_MS);
    const { format } = this.#context.eval;
    this.#last = lastLoadOf(session, table);
    const capacity = capacityFor(this.#last.rows);
    const { loads } = this.#last;
    this.#sinks = this.columns.map(({ attnum, name, type }) => {
      const texts = vectorRep(type.oid) === 'text' ? loads.textsOf(attnum) : undefined;
      const sink = new ColumnSink(name, type, capacity, format, texts);
      sink.borrows = table.hypertable !== null;
      return sink;
    });
    this.#place = new CopyPlace(table.name);
    const rows = makeReader(this.#sinks, options, format, this.#place);
    const key = JSON.stringify([options, this.columns.map(({ attnum }) => attnum)]);
    const blocks = blockReaderFor(this.#sinks, options, rows, this.#place, loads.tuplesOf(key));
    if (blocks?.tuples !== undefined) loads.keepTuples(key, blocks.tuples);
    this.#reader = new CopyReader(this.#sinks, rows, blocks, this.#place, capacity, BATCH_ROWS);
    this.#checks = rowChecksOf(session, table);
    this.#sources = liveColumns(table).map((column) => this.#source(column));
  }

  setWhere(condition: ReturnType<typeof bindTableCondition>): void {
    const predicate = compilePredicate(condition);
    if (predicate.isAsync) throw notSupported('a subquery in COPY FROM WHERE conditions');
    this.#keep = (batch) => predicate.run(batch, this.#context);
  }

  async run(input: AsyncIterable<Uint8Array>): Promise<number> {
    try {
      for await (const chunk of input) {
        if (this.#reader.isEnded) continue;
        await this.#consume(chunk);
      }
      while (this.#reader.finish()) if (this.#reader.isFull) await this.#flush();
      await this.#flush();
    } catch (error) {
      throw this.#place.line === 0 || (error instanceof DbError && error.fields.where !== undefined)
        ? error
        : withField(this.#place, error);
    }
    this.#last.rows = this.#total;
    return this.#total;
  }

  #source(column: ColumnDescriptor): (length: number) => Vector | Promise<Vector> {
    const position = this.columns.indexOf(column);
    if (position >= 0) {
      const sink = this.#sinks[position] as ColumnSink;
      return (length) => sink.finish(length);
    }
    const expr = bindColumnDefault(this.#session, column);
    if (expr === null) return (length) => nullVector(column.type, length);
    const compiled = compileExpr(expr);
    return (length) => compiled.run({ columns: [], length }, this.#context);
  }

  async #consume(chunk: Uint8Array): Promise<void> {
    let rest: Uint8Array | undefined = chunk;
    while (rest !== undefined) {
      rest = this.#reader.read(rest);
      if (this.#reader.isFull) await this.#flush();
      const turn = this.#checkpoint();
      if (turn !== undefined) await turn;
    }
  }

  async #flush(): Promise<void> {
    const length = this.#reader.rows;
    if (length === 0) return;
    const columns: Vector[] = [];
    for (const source of this.#sources) {
      const vector = source(length);
      columns.push(vector instanceof Promise ? await vector : vector);
    }
    const all: Batch = { columns, length };
    this.#reader.startBatch();
    const kept = await this.#keep?.(all);
    const batch = kept === undefined ? all : gatherBatch(all, kept);
    if (batch.length === 0) return;
    await checkRows(this.#table, this.#checks, batch, this.#context);
    await prepareValues(batch, this.#context);
    await this.#session.transaction
      .current()
      .insert(this.#table, batch, { onConflict: 'error', arbiters: [], isLent: true });
    this.#total += batch.length;
    const turn = this.#checkpoint();
    if (turn !== undefined) await turn;
  }
}

/** Few different sizes, so that memory fits the next batch. */
function capacityFor(rows: number): number {
  let capacity = FIRST_CAPACITY;
  while (capacity < rows && capacity < BATCH_ROWS) capacity *= 4;
  return capacity;
}

function makeReader(
  sinks: readonly ColumnSink[],
  options: CopyOptions,
  settings: ExecContext['eval']['format'],
  place: CopyPlace,
): RowReader {
  if (options.format === 'binary') return new BinaryReader(sinks, settings, place);
  if (options.format === 'csv') return new CsvReader(sinks, options, place);
  if (options.header === 'match') throw notSupported('HEADER MATCH in text format');
  return new TextReader(sinks, { ...options, header: options.header }, place);
}
