/** The driver's own record of what it sent and what was acknowledged, fsynced line by line. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Change } from './model.ts';

export class AcknowledgementLog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Before the transaction's COMMIT goes out. */
  sent(connection: number, transaction: number, changes: readonly Change[]): void {
    writeSync(this.#file, `${JSON.stringify({ connection, transaction, changes })}\n`);
  }

  /** After its CommandComplete came in: durable here before the driver goes on. */
  acknowledged(connection: number, transaction: number): void {
    writeSync(this.#file, `${JSON.stringify({ connection, transaction, acknowledged: true })}\n`);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
