/** Functions that run side by side: those that end sooner give NULLs until the longest has ended. */
import type { FunctionScanNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import type { VectorBuilder } from '../vector/builder.ts';
import { functionRows, type RowSource } from './function-rows.ts';
import type { ExecContext } from './operator.ts';

export class SideBySide {
  readonly #node: FunctionScanNode;
  readonly #sources: readonly RowSource[];
  readonly #open: boolean[];
  readonly #rows: (readonly Value[] | undefined)[] = [];
  #ordinal = 0;

  constructor(node: FunctionScanNode, args: readonly (readonly Value[])[], context: ExecContext) {
    this.#node = node;
    this.#sources = node.functions.map(({ fn, call }, i) =>
      functionRows(fn, call, args[i], context),
    );
    this.#open = node.functions.map(() => true);
  }

  /** False after the last row of all. */
  get isOpen(): boolean {
    return this.#open.includes(true);
  }

  /** Rows added so far. */
  get count(): number {
    return this.#ordinal;
  }

  /** Goes to the next row; a promise where a function waits for it. */
  next(): void | Promise<void> {
    let waits: Promise<void>[] | undefined;
    for (let i = 0; i < this.#sources.length; i++) {
      const next = this.#open[i] ? this.#sources[i].next() : undefined;
      if (next instanceof Promise) (waits ??= []).push(next.then((row) => this.#take(i, row)));
      else this.#take(i, next);
    }
    if (waits !== undefined) return Promise.all(waits).then(() => undefined);
  }

  #take(i: number, row: readonly Value[] | undefined): void {
    this.#open[i] = row !== undefined;
    this.#rows[i] = row;
  }

  /** Adds the row's columns; false after the last row. */
  append(builders: readonly VectorBuilder[]): boolean {
    if (!this.isOpen) return false;
    let column = 0;
    for (let i = 0; i < this.#sources.length; i++) {
      const row = this.#rows[i];
      for (let k = 0; k < this.#node.functions[i].columnCount; k++) {
        builders[column++].append(row?.[k] ?? null);
      }
    }
    this.#ordinal++;
    if (this.#node.withOrdinality) builders[column].append(this.#ordinal);
    return true;
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.close();
  }
}
