/** Runs SQL in an engine session and gives what a client would see, as text: for comparisons. */
import type { Engine, FieldDescription, ResultSink, Session } from '../../src/engine/session.ts';
import { DbError } from '../../src/errors/db-error.ts';
import { codecFor } from '../../src/types/codecs.ts';
import { valueAt, type Batch } from '../../src/vector/vector.ts';

export interface TextResult {
  readonly fields: readonly { readonly name: string; readonly typeOid: number }[];
  readonly rows: (string | null)[][];
  readonly tag: string;
}

/** What one statement gave: a result, or an error's SQLSTATE and message. */
export type Outcome =
  | { readonly kind: 'result'; readonly result: TextResult }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly error: DbError;
    };

export class TextSession {
  readonly session: Session;
  /** Offers statements as bytes first, as connections do. */
  takesBytes = true;

  constructor(session: Session) {
    this.session = session;
  }

  static async open(engine: Engine): Promise<TextSession> {
    return new TextSession(
      await engine.createSession({
        user: 'postgres',
        database: 'postgres',
        settings: [],
        clientAddress: null,
        clientPort: null,
      }),
    );
  }

  /** Runs one message of the simple protocol; the outcome is the last statement's. */
  async run(sql: string): Promise<Outcome> {
    let fields: readonly FieldDescription[] = [];
    let rows: (string | null)[][] = [];
    let tag = '';
    const { session } = this;
    const refuse = (): never => {
      throw new Error('COPY is not part of this test');
    };
    const sink: ResultSink = {
      rowDescription(next) {
        fields = next;
        rows = [];
      },
      rows(batch: Batch) {
        checkNullRows(batch);
        for (let i = 0; i < batch.length; i++) rows.push(textRow(batch, i, fields, session));
      },
      commandComplete(next) {
        tag = next;
      },
      emptyQuery() {},
      portalSuspended() {},
      notice() {},
      parameterStatus() {},
      copyOutStart: refuse,
      copyOutData: refuse,
      copyOutRows: refuse,
      copyOutPieces: refuse,
      copyOutDone: refuse,
      copyIn: refuse,
    };
    try {
      const isDone = this.takesBytes && (await session.simpleInsert(Buffer.from(sql), sink));
      if (!isDone) await session.simpleQuery(sql, sink);
      const described = fields.map((field) => ({ name: field.name, typeOid: field.type.oid }));
      return { kind: 'result', result: { fields: described, rows, tag } };
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      return { kind: 'error', code: error.code, message: error.message, error };
    }
  }

  /** A sink that drops everything, for tests of the extended protocol's state. */
  sink(): ResultSink {
    const drop = (): void => undefined;
    return {
      rowDescription: drop,
      rows: drop,
      commandComplete: drop,
      emptyQuery: drop,
      portalSuspended: drop,
      notice: drop,
      parameterStatus: drop,
      copyOutStart: drop,
      copyOutData: drop,
      copyOutRows: drop,
      copyOutPieces: drop,
      copyOutDone: drop,
      copyIn: () => {
        throw new Error('COPY is not part of this test');
      },
    };
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

/** Kernels count on it that the data of a NULL row is 0. */
function checkNullRows(batch: Batch): void {
  for (const column of batch.columns) {
    const { nulls } = column;
    if (nulls === undefined || column.rep === 'text') continue;
    for (let i = 0; i < batch.length; i++) {
      const held = column.data[i];
      if (nulls[i] === 1 && held !== 0 && held !== null)
        throw new Error(`a NULL row of type ${column.type.oid} (${column.rep}) holds ${held}`);
    }
  }
}

function textRow(
  batch: Batch,
  row: number,
  fields: readonly FieldDescription[],
  session: Session,
): (string | null)[] {
  return fields.map((field, c) => {
    const value = valueAt(batch.columns[c] as Batch['columns'][number], row);
    return value === null ? null : codecFor(field.type.oid).formatText(value, session.format);
  });
}
