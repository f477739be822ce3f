/** Output for people: tables and a progress bar. */
import type { ClientResult } from '../wire-client.ts';

/** A result as psql would draw it, numbers to the right. */
export function drawTable({ columns, rows }: ClientResult): string {
  const widths = columns.map((name, c) =>
    Math.max(name.length, ...rows.map((row) => (row[c] ?? '').length)),
  );
  const numeric = columns.map((_, c) => rows.every((row) => /^-?[\d.]*$/.test(row[c] ?? '')));
  const line = (cells: readonly string[]): string =>
    cells
      .map(
        (cell, c) =>
          ` ${numeric[c] === true ? cell.padStart(widths[c] as number) : cell.padEnd(widths[c] as number)} `,
      )
      .join('|')
      .trimEnd();
  return [
    line(columns),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...rows.map((row) => line(row.map((cell) => cell ?? ''))),
  ].join('\n');
}

const BAR_WIDTH = 30;

/** A bar that redraws itself on a terminal and stays silent elsewhere until it is done. */
export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  readonly #start = performance.now();
  #done = 0;
  #drawn = 0;

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  add(count: number): void {
    this.#done += count;
    const now = performance.now();
    if (!process.stdout.isTTY || now - this.#drawn < 100) return;
    this.#drawn = now;
    process.stdout.write(`\r${this.#text(now)}`);
  }

  finish(): void {
    const text = this.#text(performance.now());
    process.stdout.write(process.stdout.isTTY ? `\r${text}\n` : `${text}\n`);
  }

  #text(now: number): string {
    const share = Math.min(1, this.#done / this.#total);
    const filled = Math.round(share * BAR_WIDTH);
    const seconds = (now - this.#start) / 1000;
    const rate = Math.round(this.#done / Math.max(seconds, 0.001));
    return `${this.#label} [${'#'.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${this.#done.toLocaleString('en-US')} rows, ${seconds.toFixed(1)} s, ${rate.toLocaleString('en-US')} rows/s`;
  }
}
