import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine, ResultSink } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { ByteChunks } from '../../../src/types/byte-chunks.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { partsAt, piecesAt, writeStepsAt } from '../../../src/vector/long-texts.ts';
import { valueAt, type Batch, type Vector } from '../../../src/vector/vector.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  session = await TextSession.open(engine);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

async function batches(sql: string): Promise<Batch[]> {
  const found: Batch[] = [];
  const sink: ResultSink = { ...session.sink(), rows: (batch) => void found.push(batch) };
  await session.session.simpleQuery(sql, sink);
  return found;
}

const FROM = 'from generate_series(1, 60000) g';

describe('a text that was put together', () => {
  it.each([
    ["string_agg('é😀' || g, ',')", ''],
    ['json_agg(g)', ''],
    ["json_object_agg('k' || g, g)", ''],
    ["string_agg(g::text, '')", 'group by g % 2'],
    ['string_agg(case when g % 3 = 0 then null else g::text end, null)', ''],
  ])('goes out in its parts: %s %s', async (call, more) => {
    const found = await batches(`select ${call} as x ${FROM} ${more}`);
    expect(found.reduce((sum, { length }) => sum + length, 0)).toBe(more === '' ? 1 : 2);
    for (const { columns, length } of found) {
      const vector = columns[0] as Vector;
      for (let row = 0; row < length; row++) {
        if ((valueAt(vector, row) as string).length > 300_000) {
          expect(partsAt(vector, row)?.length).toBeGreaterThan(2);
        }
        const codec = codecFor(vector.type.oid);
        const pieces = [...piecesAt(vector, row, codec, session.session.format)];
        const chunks = new ByteChunks();
        const steps = [...writeStepsAt(vector, row, codec, chunks, session.session.format)];
        const whole = valueAt(vector, row) as string;
        expect(pieces.join('') === whole).toBe(true);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(65_536);
        const writer = new ByteWriter();
        codec.writeBinary(writer, whole, session.session.format);
        expect(Buffer.concat(chunks.finish()).equals(writer.view())).toBe(true);
        expect(steps.length).toBeGreaterThan(3);
      }
    }
  });

  it('is one text for whoever looks at it', async () => {
    const outcome = await session.run(
      `select length(s), s like '1,2,%', upper(left(s, 5)) from (select string_agg(g::text, ',') s ${FROM}) t`,
    );
    expect(outcome).toMatchObject({ result: { rows: [['348893', 't', '1,2,3']] } });
  });
});
