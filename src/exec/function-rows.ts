/** Rows of set-returning functions, whether they come at once or with waiting. */
import { PAUSE, type CallInfo, type TableFunction } from '../functions/function.ts';
import type { Value } from '../types/value.ts';
import type { ExecContext } from './operator.ts';

type Row = readonly Value[];

/** A function's rows, one at a time. */
export interface RowSource {
  /** undefined after the last row. */
  next(): Row | undefined | Promise<Row | undefined>;
  close(): Promise<void>;
}

export function functionRows(
  fn: TableFunction,
  call: CallInfo,
  args: readonly Value[],
  context: ExecContext,
): RowSource {
  if (fn.strict && args.includes(null)) return NO_ROWS;
  const rows = fn.rows(args, context.eval, call);
  if (Symbol.asyncIterator in rows) {
    const iterator = rows[Symbol.asyncIterator]();
    return {
      async next() {
        const step = await iterator.next();
        return step.done === true ? undefined : step.value;
      },
      async close() {
        await iterator.return?.();
      },
    };
  }
  const iterator = rows[Symbol.iterator]();
  const next = (): Row | undefined | Promise<Row | undefined> => {
    for (;;) {
      const step = iterator.next();
      if (step.done === true) return undefined;
      if (step.value !== PAUSE) return step.value;
      const pause = context.checkpoint();
      if (pause !== undefined) return pause.then(next);
    }
  };
  return {
    next,
    async close() {
      iterator.return?.();
    },
  };
}

const NO_ROWS: RowSource = { next: () => undefined, close: async () => undefined };
