import { describe, expect, it } from 'vitest';
import type { Timers } from '../../../src/base/env.ts';
import { openEngine } from '../../../src/engine/engine.ts';
import type {
  FieldDescription,
  FormatCode,
  ResultSink,
  Session,
} from '../../../src/engine/session.ts';
import { ClientOutput } from '../../../src/pgwire/client-output.ts';
import type { FrameSource } from '../../../src/pgwire/frame-source.ts';
import { WireSink } from '../../../src/pgwire/wire-sink.ts';
import type { ByteStream } from '../../../src/platform/network.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import type { FormatSettings } from '../../../src/types/codec.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { vectorFromValues, type Batch } from '../../../src/vector/vector.ts';
import { TextSession } from '../../support/text-session.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

const SETTINGS: FormatSettings = NEUTRAL_FORMAT;

const INT4_ARRAY = 1007;
const FIELDS = [OID.int4, INT4_ARRAY, OID.text].map(
  (oid): FieldDescription => ({
    name: 'c',
    tableOid: 0,
    attnum: 0,
    type: sqlType(oid),
    typeLength: -1,
  }),
);

/** A client that reads all at once; counts the turns that it was given. */
class TestClient {
  readonly parts: Uint8Array[] = [];
  turns = 0;
  readonly output: ClientOutput;

  constructor() {
    const stream = {
      pendingBytes: 0,
      write: (bytes: Uint8Array, written?: () => void) => {
        this.parts.push(bytes.slice());
        written?.();
      },
    } as unknown as ByteStream;
    const timers = {
      yield: async () => void this.turns++,
      soon: (callback: () => void) => void setImmediate(callback),
    } as unknown as Timers;
    this.output = new ClientOutput(stream, timers);
  }

  sink(): WireSink {
    const session = { format: SETTINGS } as unknown as Session;
    return new WireSink(session, this.output, undefined as unknown as FrameSource);
  }

  bytes(): Buffer {
    this.output.flush();
    return Buffer.concat(this.parts);
  }
}

const OIDS: readonly Oid[] = [OID.int4, INT4_ARRAY, OID.text];
const large = new PgArray(
  OID.int4,
  Array.from({ length: 50_000 }, (_, i) => i * 7),
);
const small = new PgArray(OID.int4, [1, 2, 3]);

function batchOf(rows: readonly (readonly Value[])[]): Batch {
  const columns = OIDS.map((oid, c) =>
    vectorFromValues(
      sqlType(oid),
      rows.map((row) => row[c] as Value),
    ),
  );
  return { columns, length: rows.length };
}

/** Rows of text fields. */
function decode(bytes: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    expect(bytes[at]).toBe(0x44);
    const row: (string | null)[] = [];
    let field = at + 7;
    for (let i = 0; i < bytes.readInt16BE(at + 5); i++) {
      const length = bytes.readInt32BE(field);
      row.push(length < 0 ? null : bytes.toString('utf8', field + 4, field + 4 + length));
      field += 4 + Math.max(length, 0);
    }
    rows.push(row);
  }
  return rows;
}

function texts(rows: readonly (readonly Value[])[]): (string | null)[][] {
  return rows.map((row) =>
    row.map((value, c) =>
      value === null ? null : codecFor(OIDS[c] as Oid).formatText(value, SETTINGS),
    ),
  );
}

const TEXT: readonly FormatCode[] = [0];

describe('rows with large fields', () => {
  for (const count of [1, 5, 100]) {
    for (const places of [[0], [count - 1], [0, count >> 1, count - 1]]) {
      it(`at ${places.join()} of ${count} rows`, async () => {
        const rows = Array.from({ length: count }, (_, i): Value[] => [
          i,
          places.includes(i) ? large : i % 3 === 0 ? null : small,
          i % 2 === 0 ? null : 'x'.repeat(i * 100),
        ]);
        const client = new TestClient();
        await client.sink().rows(batchOf(rows), FIELDS, TEXT, () => undefined);
        expect(decode(client.bytes())).toEqual(texts(rows));
      });
    }
  }

  it('of megabytes of text give other connections their turns', async () => {
    const rows = [[1, null, 'é'.repeat(3_000_000)]];
    const client = new TestClient();
    let checks = 0;
    await client.sink().rows(batchOf(rows), FIELDS, TEXT, () => void checks++);
    expect(checks).toBeGreaterThan(100);
    expect(client.turns).toBeGreaterThan(4);
    expect(decode(client.bytes())).toEqual(texts(rows));
  });

  it('leave nothing behind when the statement is stopped while they are formatted', async () => {
    const rows = [
      [1, small, 'a'],
      [2, large, 'b'],
      [3, small, 'c'],
    ];
    for (let stopAt = 1; stopAt <= 4; stopAt++) {
      const client = new TestClient();
      let checks = 0;
      const stop = (): undefined => {
        if (++checks === stopAt) throw new Error('stopped');
      };
      const done = (async () => client.sink().rows(batchOf(rows), FIELDS, TEXT, stop))();
      await expect(done).rejects.toThrow('stopped');
      expect(decode(client.bytes())).toEqual(texts(rows.slice(0, 1)));
    }
  });

  it('leave nothing behind when a later field cannot be formatted', async () => {
    const rows: Value[][] = [
      [1, small, 'a'],
      [2, large, 'b'],
    ];
    const client = new TestClient();
    const unknown = FIELDS.map((field, i) =>
      i < 2 ? field : { ...field, type: { oid: 3614, typmod: -1 } },
    );
    const batch = batchOf(rows.slice(1));
    const done = (async () => client.sink().rows(batch, unknown, TEXT, () => undefined))();
    await expect(done).rejects.toThrow();
    expect(client.bytes()).toHaveLength(0);
  });
});

describe('a statement whose large row is being formatted', () => {
  const sql = 'select array_agg(g) from generate_series(1, 1000000) g';
  const TIMEOUT_MS = 3_600_000;
  /** What the clock would do at the time-out. */
  let expire = (): void => undefined;
  const stopped = async (
    prepare: string,
    before: (session: Session) => Promise<void> | void,
  ): Promise<unknown> => {
    const node = createNodeEnv({ logLevel: 'error' });
    const timers: Timers = {
      ...node.timers,
      after(ms, callback) {
        if (ms === TIMEOUT_MS) expire = callback;
        return node.timers.after(ms, callback);
      },
    };
    const env = { ...node, timers };
    const engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
    const { session } = await TextSession.open(engine);
    const client = new TestClient();
    const wire = client.sink();
    await session.simpleQuery(prepare, wire);
    const sink = Object.create(wire, {
      rows: {
        value: async (...args: Parameters<ResultSink['rows']>) => {
          await before(session);
          await wire.rows(...args);
        },
      },
      rowDescription: { value: () => undefined },
    }) as ResultSink;
    const outcome = await session.simpleQuery(sql, sink).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(client.bytes().includes(Buffer.from('{1,2,3'))).toBe(false);
    await engine.close();
    return outcome;
  };

  it('ends on cancel', async () => {
    const cancelSoon = (session: Session): void => void setTimeout(() => session.cancel(), 1);
    expect(await stopped('select 1', cancelSoon)).toMatchObject({
      code: '57014',
      message: 'canceling statement due to user request',
    });
  });

  it('ends at statement_timeout', async () => {
    expect(await stopped(`set statement_timeout = ${TIMEOUT_MS}`, () => expire())).toMatchObject({
      code: '57014',
      message: 'canceling statement due to statement timeout',
    });
  });
});
