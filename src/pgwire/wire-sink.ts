/** A session's results as backend messages. */
import { finishInTurns } from '../base/steps.ts';
import type {
  Checkpoint,
  FieldDescription,
  FormatCode,
  Notice,
  ResultSink,
  Session,
} from '../engine/session.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { MessageTarget } from '../vector/output/message-target.ts';
import type { Batch } from '../vector/vector.ts';
import {
  writeCommandComplete,
  writeCopyData,
  writeCopyResponse,
  writeEmpty,
  writeNotice,
  writeParameterStatus,
  writeRowDescription,
} from './backend-messages.ts';
import type { ClientOutput } from './client-output.ts';
import { CopyIn } from './copy-in.ts';
import type { FrameSource } from './frame-source.ts';
import { largeRow } from './large-row.ts';
import { BACKEND } from './message-types.ts';
import { RowEncoder } from './row-encoder.ts';

interface Rows {
  readonly batch: Batch;
  readonly fields: readonly FieldDescription[];
  readonly formats: readonly FormatCode[];
  readonly settings: FormatSettings;
  readonly checkpoint: Checkpoint;
}

export class WireSink implements ResultSink {
  readonly #session: Session;
  readonly #output: ClientOutput;
  readonly #source: FrameSource;
  readonly #encoder: RowEncoder;

  constructor(session: Session, output: ClientOutput, source: FrameSource) {
    this.#session = session;
    this.#output = output;
    this.#source = source;
    this.#encoder = new RowEncoder(output.buffer);
  }

  rowDescription(fields: readonly FieldDescription[], formats: readonly FormatCode[]): void {
    this.#encoder.reset();
    writeRowDescription(this.#output.buffer, fields, formats);
  }

  rows(
    batch: Batch,
    fields: readonly FieldDescription[],
    formats: readonly FormatCode[],
    checkpoint: Checkpoint,
  ): void | Promise<void> {
    const settings = this.#session.format;
    const row = this.#encoder.encode(batch, fields, formats, settings, 0);
    const wait = this.#output.pace();
    if (row >= batch.length) return wait;
    return this.#rest({ batch, fields, formats, settings, checkpoint }, row, wait);
  }

  /** Rows from `from` on, with turns for the event loop. */
  async #rest(
    { batch, fields, formats, settings, checkpoint }: Rows,
    from: number,
    before: void | Promise<void>,
  ): Promise<void> {
    await before;
    for (let row = from; row < batch.length;) {
      if (this.#encoder.isStopped) {
        const steps = largeRow(batch, fields, formats, settings, row++);
        await this.#output.send(await finishInTurns(steps, checkpoint));
        if (row === batch.length) return;
      }
      await checkpoint();
      row = this.#encoder.encode(batch, fields, formats, settings, row);
      await this.#output.pace();
    }
  }

  commandComplete(tag: string): void {
    this.#encoder.reset();
    writeCommandComplete(this.#output.buffer, tag);
  }

  emptyQuery(): void {
    writeEmpty(this.#output.buffer, BACKEND.emptyQueryResponse);
  }

  portalSuspended(): void {
    this.#encoder.reset();
    writeEmpty(this.#output.buffer, BACKEND.portalSuspended);
  }

  notice(notice: Notice): void {
    writeNotice(this.#output.buffer, notice);
    this.#output.flushThisTurn();
  }

  parameterStatus(name: string, value: string): void {
    writeParameterStatus(this.#output.buffer, name, value);
  }

  copyOutStart(format: FormatCode, columnFormats: readonly FormatCode[]): void {
    writeCopyResponse(this.#output.buffer, BACKEND.copyOutResponse, format, columnFormats);
  }

  copyOutData(bytes: Uint8Array): void | Promise<void> {
    writeCopyData(this.#output.buffer, bytes);
    return this.#output.pace();
  }

  copyOutRows(write: (target: MessageTarget) => void): void | Promise<void> {
    write(this.#output.buffer);
    return this.#output.pace();
  }

  copyOutPieces(message: readonly Uint8Array[]): Promise<void> {
    return this.#output.send(message);
  }

  copyOutDone(): void {
    writeEmpty(this.#output.buffer, BACKEND.copyDone);
  }

  copyIn(format: FormatCode, columnFormats: readonly FormatCode[]): AsyncIterable<Uint8Array> {
    writeCopyResponse(this.#output.buffer, BACKEND.copyInResponse, format, columnFormats);
    this.#output.flush();
    return new CopyIn(this.#source, () => this.#output.idle());
  }

  /** A statement ended with an error: nothing of it is kept. */
  abandon(): void {
    this.#encoder.reset();
  }
}
