/** COPY TO STDOUT: a table's or a query's rows as text, CSV or binary. */
import { ByteWriter } from '../../base/byte-writer.ts';
import { dbError } from '../../errors/db-error.ts';
import { turn } from '../../exec/operator.ts';
import { nameList, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { parseStatements, type ParsedStatement } from '../../parse/parser.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { codecFor } from '../../types/codecs.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import { valueAt, type Batch } from '../../vector/vector.ts';
import { mustFindRelation } from '../ddl/names.ts';
import type { StatementCall } from '../executable.ts';
import { planQuery, runPlanned, type PlannedQuery } from '../query.ts';
import type { ResultSink } from '../session.ts';
import type { SessionContext } from '../session-context.ts';
import { BINARY_SIGNATURE } from './binary-reader.ts';
import { copyColumns } from './copy-from.ts';
import type { CopyOptions } from './options.ts';

const BUFFER_BYTES = 65_536;

export async function copyTo(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  options: CopyOptions,
  statement: ParsedStatement,
  sql: string,
  call: StatementCall,
): Promise<string> {
  const planned = sourceQuery(session, node, statement, sql);
  const fields = planned.fields ?? [];
  if (planned.fields === null) {
    throw dbError('feature_not_supported', 'COPY query must have a RETURNING clause');
  }
  const format = options.format === 'binary' ? 1 : 0;
  const writer = new CopyWriter(
    fields.map((field) => ({ name: field.name, codec: codecFor(field.type.oid) })),
    options,
    session.evalContext().format,
  );
  const context = session.execContext([], 0);
  const run = runPlanned(session, planned, call, undefined);
  let step = await run.next();
  call.sink.copyOutStart(
    format,
    fields.map(() => format),
  );
  writer.begin();
  let rows = 0;
  while (step.done !== true) {
    for (let i = 0; i < step.value.length; i++) {
      writer.row(step.value, i);
      if (writer.bytes < BUFFER_BYTES) continue;
      await writer.send(call.sink);
      await turn(context);
    }
    rows += step.value.length;
    step = await run.next();
  }
  writer.end();
  if (writer.bytes > 0) await writer.send(call.sink);
  call.sink.copyOutDone();
  return `COPY ${rows}`;
}

function sourceQuery(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  statement: ParsedStatement,
  sql: string,
): PlannedQuery {
  if (node.query !== undefined) {
    return planQuery(
      session,
      { ...statement, node: node.query, text: `copy ${statement.text}` },
      sql,
      [],
    );
  }
  const relation = mustFindRelation(session, node.relation as RangeVar);
  if (relation.kind !== 'table') {
    const kind = relation.kind === 'virtual' ? 'view' : relation.kind;
    throw dbError('wrong_object_type', {
      message: `cannot copy from ${kind} "${relation.name}"`,
      hint: relation.kind === 'view' ? 'Try the COPY (SELECT ...) TO variant.' : undefined,
    });
  }
  const columns = copyColumns(relation, nameList(node.attlist)).map((column) =>
    quoteIdentifier(column.name),
  );
  const schema = session.catalog().schema(relation.schema)?.name ?? '';
  const text = `SELECT ${columns.join(', ')} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(relation.name)}`;
  return planQuery(session, parseStatements(text)[0] as ParsedStatement, text, []);
}

interface OutputField {
  readonly name: string;
  readonly codec: Codec;
}

const TEXT_ESCAPES = new Map<string, string>([
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

class CopyWriter {
  readonly #fields: readonly OutputField[];
  readonly #options: CopyOptions;
  readonly #settings: FormatSettings;
  readonly #out = new ByteWriter(BUFFER_BYTES * 2);
  readonly #mustEscape: RegExp;
  #rowEnds: number[] = [];

  constructor(fields: readonly OutputField[], options: CopyOptions, settings: FormatSettings) {
    this.#fields = fields;
    this.#options = options;
    this.#settings = settings;
    const delimiter = options.delimiter.replace(/[\\\]^-]/g, '\\$&');
    this.#mustEscape = new RegExp(`[\\\\\\b\\f\\n\\r\\t\\v${delimiter}]`, 'g');
  }

  get bytes(): number {
    return this.#out.length;
  }

  /** Hands over what was written, with the places where rows end: clients get a message per row. */
  async send(sink: Pick<ResultSink, 'copyOutData'>): Promise<void> {
    const bytes = this.#out.toBytes();
    this.#out.reset();
    const ends =
      this.#rowEnds.at(-1) === bytes.length ? this.#rowEnds : [...this.#rowEnds, bytes.length];
    this.#rowEnds = [];
    await sink.copyOutData(bytes, ends);
  }

  begin(): void {
    if (this.#options.format === 'binary') {
      this.#out.bytes(BINARY_SIGNATURE);
      this.#out.u32(0);
      this.#out.u32(0);
    } else if (this.#options.header !== false) {
      const names = this.#fields.map(({ name }) =>
        this.#options.format === 'csv' ? this.#csv(name, false) : this.#text(name),
      );
      this.#out.utf8(`${names.join(this.#options.delimiter)}\n`);
      this.#rowEnds.push(this.#out.length);
    }
  }

  row(batch: Batch, i: number): void {
    if (this.#options.format === 'binary') this.#binaryRow(batch, i);
    else this.#textRow(batch, i);
    this.#rowEnds.push(this.#out.length);
  }

  #textRow(batch: Batch, i: number): void {
    const parts: string[] = [];
    for (const [c, field] of this.#fields.entries()) {
      const value = valueAt(batch.columns[c] as Batch['columns'][number], i);
      if (value === null) {
        parts.push(this.#options.nullText);
        continue;
      }
      const text = field.codec.formatText(value, this.#settings);
      parts.push(
        this.#options.format === 'csv'
          ? this.#csv(text, this.#isForced(field.name))
          : this.#text(text),
      );
    }
    const line = parts.join(this.#options.delimiter);
    this.#out.utf8(this.#options.format === 'csv' && line === '\\.' ? `"\\."\n` : `${line}\n`);
  }

  end(): void {
    if (this.#options.format === 'binary') this.#out.i16(-1);
  }

  #binaryRow(batch: Batch, i: number): void {
    this.#out.i16(this.#fields.length);
    for (const [c, field] of this.#fields.entries()) {
      const value = valueAt(batch.columns[c] as Batch['columns'][number], i);
      if (value === null) {
        this.#out.i32(-1);
        continue;
      }
      const at = this.#out.reserve(4);
      const start = this.#out.length;
      field.codec.writeBinary(this.#out, value, this.#settings);
      this.#out.patchI32(at, this.#out.length - start);
    }
  }

  #isForced(name: string): boolean {
    const { forceQuote } = this.#options;
    return forceQuote === '*' || forceQuote?.includes(name) === true;
  }

  #text(text: string): string {
    return text.replace(
      this.#mustEscape,
      (character) => TEXT_ESCAPES.get(character) ?? `\\${character}`,
    );
  }

  #csv(text: string, force: boolean): string {
    const { delimiter, quote, escape, nullText } = this.#options;
    const needs =
      force ||
      text === nullText ||
      text.includes(delimiter) ||
      text.includes(quote) ||
      /[\r\n]/.test(text);
    if (!needs) return text;
    let escaped = '';
    for (const character of text) {
      escaped += character === quote || character === escape ? escape + character : character;
    }
    return quote + escaped + quote;
  }
}
