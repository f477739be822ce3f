/** COPY for node-postgres, which knows the messages and leaves what to do with them to the query. */
import type { Connection, Submittable } from 'pg';

interface CopyConnection extends Connection {
  sendCopyFromChunk(bytes: Buffer): void;
  endCopyFrom(): void;
}

const MESSAGE_BYTES = 16 * 1024;

/** Rows that the command tag counts. */
export type CopyEnd = (error: Error | undefined, rows: number) => void;

class Copy implements Submittable {
  /** The client puts its own around it. */
  callback: CopyEnd;
  readonly #text: string;
  #rows = 0;
  #error: Error | undefined;

  constructor(text: string, callback: CopyEnd) {
    this.#text = text;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleError(error: Error): void {
    this.#error = error;
    this.callback(error, 0);
  }

  handleCommandComplete(message: { text: string }): void {
    this.#rows = Number(message.text.split(' ')[1]);
  }

  handleReadyForQuery(): void {
    if (this.#error === undefined) this.callback(undefined, this.#rows);
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
}

export class CopyIn extends Copy {
  readonly #bytes: Buffer;
  readonly #finish: boolean;

  /** Without `finish` the data never ends. */
  constructor(text: string, bytes: Buffer, finish: boolean, callback: CopyEnd) {
    super(text, callback);
    this.#bytes = bytes;
    this.#finish = finish;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    for (let at = 0; at < this.#bytes.length; at += MESSAGE_BYTES) {
      connection.sendCopyFromChunk(this.#bytes.subarray(at, at + MESSAGE_BYTES));
    }
    if (this.#finish) connection.endCopyFrom();
  }
}

export class CopyOut extends Copy {
  readonly #onBytes: (bytes: Buffer) => void;

  constructor(text: string, onBytes: (bytes: Buffer) => void, callback: CopyEnd) {
    super(text, callback);
    this.#onBytes = onBytes;
  }

  handleCopyData(message: { chunk: Buffer }): void {
    this.#onBytes(message.chunk);
  }
}
