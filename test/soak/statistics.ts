/** What a run counts, and the table at its end. */
import type { MemorySummary } from './memory-watch.ts';

export class Statistics {
  rowsWritten = 0;
  rowsRemoved = 0;
  rowsDropped = 0;
  statements = 0;
  transactions = 0;
  rollbacks = 0;
  connections = 0;
  cancels = 0;
  kills = 0;
  restarts = 0;
  slowestStartMs = 0;
  readonly errors = new Map<string, number>();
  readonly checks = new Map<string, number>();
  readonly #pointMs: number[] = [];

  error(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  check(name: string, count = 1): void {
    this.checks.set(name, (this.checks.get(name) ?? 0) + count);
  }

  pointQuery(ms: number): void {
    this.#pointMs.push(ms);
  }

  table(minutes: number, memory: MemorySummary): string {
    const list = (counts: Map<string, number>): string =>
      [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
    const checks = [...this.checks.values()].reduce((sum, count) => sum + count, 0);
    const lines: [string, string][] = [
      ['minutes', minutes.toFixed(1)],
      ['rows written', String(this.rowsWritten)],
      ['rows updated or deleted', String(this.rowsRemoved)],
      ['rows dropped with their chunks', String(this.rowsDropped)],
      ['statements', String(this.statements)],
      ['transactions', `${this.transactions} committed, ${this.rollbacks} rolled back`],
      ['connections', String(this.connections)],
      ['cancelled statements', String(this.cancels)],
      ['kills, clean restarts', `${this.kills}, ${this.restarts}`],
      ['slowest start', `${Math.round(this.slowestStartMs)} ms`],
      ['errors by SQLSTATE', list(this.errors)],
      ['checks', String(checks)],
      ...[...this.checks].map(([name, count]): [string, string] => [`  ${name}`, String(count)]),
      ['memory by quarter', memory.quarters.map((mb) => `${mb} MB`).join(', ')],
      ['highest memory', `${memory.highestMb} MB`],
      ['store by quarter', memory.storeQuarters.map((mb) => `${mb} MB`).join(', ')],
      ['commit log by quarter', memory.logQuarters.map((mb) => `${mb} MB`).join(', ')],
      ['open files by quarter', memory.fileQuarters.join(', ')],
      ['point query p50, p99', `${this.#percentile(0.5)} ms, ${this.#percentile(0.99)} ms`],
    ];
    return lines.map(([name, value]) => `${name.padEnd(34)}${value}`).join('\n');
  }

  #percentile(fraction: number): string {
    const sorted = this.#pointMs.toSorted((a, b) => a - b);
    return (sorted[Math.floor(sorted.length * fraction)] ?? 0).toFixed(1);
  }
}
