/**
 * Set-returning functions in a select list: for each input row they run in lockstep to the longest;
 * those that end sooner give NULLs. A row for which all give nothing vanishes.
 */
import type { ProjectSetNode } from '../plan/physical.ts';
import { PgRecord } from '../types/pg-record.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { gather } from '../vector/gather.ts';
import { BATCH_ROWS, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { functionRows, type RowSource } from './function-rows.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runProjectSet(node: ProjectSetNode, context: ExecContext): OperatorRun {
  const argExprs = node.functions.map(({ args }) => compileExprs(args));
  const valueOf = node.functions.map(rowValue);
  for await (const batch of execute(node.input, context)) {
    const args: Vector[][] = [];
    for (const exprs of argExprs) args.push(await evaluateAll(exprs, batch, context));
    const output = new Expansion(node);
    for (let row = 0; row < batch.length; row++) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      const sources = node.functions.map(({ fn, call }, i) =>
        functionRows(
          fn,
          call,
          args[i].map((arg) => valueAt(arg, row)),
          context,
        ),
      );
      try {
        for (;;) {
          const found = await nextRow(sources, valueOf);
          if (found === undefined) break;
          output.add(row, found);
          if (output.length === BATCH_ROWS) {
            yield output.take(batch);
            const turn = context.checkpoint();
            if (turn !== undefined) await turn;
          }
        }
      } finally {
        for (const source of sources) await source.close();
      }
    }
    if (output.length > 0) yield output.take(batch);
  }
}

type RowValue = (row: readonly Value[]) => Value;

/** A function's row as one value: its column, or a record of several. */
function rowValue({ fn, call }: ProjectSetNode['functions'][number]): RowValue {
  if (!fn.returnsRecord) return (row) => row[0];
  const columns = fn.columns(call);
  const types = columns.map((column) => column.type);
  const names = columns.map((column) => column.name);
  return (row) => new PgRecord(types, names, row);
}

const ENDED: RowSource = { next: () => undefined, close: async () => undefined };

async function nextRow(
  sources: RowSource[],
  valueOf: readonly RowValue[],
): Promise<Value[] | undefined> {
  const values: Value[] = [];
  let any = false;
  for (let i = 0; i < sources.length; i++) {
    const next = sources[i].next();
    const row = next instanceof Promise ? await next : next;
    if (row === undefined) sources[i] = ENDED;
    else any = true;
    values.push(row === undefined ? null : valueOf[i](row));
  }
  return any ? values : undefined;
}

/** Output rows of one input batch. */
class Expansion {
  readonly #node: ProjectSetNode;
  #rows: number[] = [];
  #builders: VectorBuilder[];

  constructor(node: ProjectSetNode) {
    this.#node = node;
    this.#builders = this.#fresh();
  }

  get length(): number {
    return this.#rows.length;
  }

  add(row: number, values: readonly Value[]): void {
    this.#rows.push(row);
    for (let i = 0; i < values.length; i++) this.#builders[i].append(values[i]);
  }

  take(input: Batch): Batch {
    const rows = Int32Array.from(this.#rows);
    const columns = [
      ...input.columns.map((column) => gather(column, rows)),
      ...this.#builders.map((builder) => builder.finish()),
    ];
    this.#rows = [];
    this.#builders = this.#fresh();
    return { columns, length: rows.length };
  }

  #fresh(): VectorBuilder[] {
    const { columns, functions } = this.#node;
    return columns.slice(-functions.length).map((column) => new VectorBuilder(column.type));
  }
}
