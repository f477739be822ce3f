import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latencyCases, WEAK } from './cases.ts';
import { selectCases } from './latency-case.ts';
import { MeasuredServer, type Measurement } from './measured-server.ts';
import { WireClient } from './wire-client.ts';

/**
 * A slow statement must not hold up other connections: no turn of the server's event loop may be a good
 * part of it, however fast the machine is. LATENCY=full runs the cases at full size and prints what it
 * measured: processor time of the longest turn, slowest `select 1` beside it, time in all, longest garbage
 * collection, and the five longest turns (processor time/time, collections in them by kind).
 * For a `select 1` of more than 50 ms it lists the turns meanwhile: from its start, milliseconds; time,
 * processor time, time of waiting for a processor; and what other machines took, which counts as both.
 * LATENCY_ONLY takes some cases, LATENCY_PROFILE=1 also prints what ran in the longest turns, and
 * LATENCY_NODE_FLAGS goes to the server.
 */
const FULL = process.env['LATENCY'] === 'full';
const ONLY = new RegExp(process.env['LATENCY_ONLY'] ?? '');
const SCALE = Number(process.env['LATENCY_SCALE'] ?? (FULL ? 1 : 0.03));

/** Processor time, in milliseconds, that a turn may always take: cold code and collections come along. */
const TURN_MS = 40;
/** The part of a statement's processor time that no turn may reach. */
const TURN_SHARE = 1 / 5;
const ATTEMPTS = 3;
/** Milliseconds that `select 1` may take beside any statement. */
const PROBE_MS = 50;

let directory: string;
let server: MeasuredServer | undefined;
let client: WireClient | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'varve-latency-'));
  server = await MeasuredServer.start(directory);
  client = await WireClient.connect(server.port);
  await client.query("SET work_mem = '512MB'");
}, 300_000);

afterAll(async () => {
  client?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
}, 300_000);

const timeout = FULL ? 300_000 : 30_000;

describe('the longest turn of the event loop', () => {
  const cases = latencyCases(SCALE);
  const selected = selectCases(cases, ONLY);
  for (const each of cases) {
    const isWeak = [...WEAK.keys()].some((names) => names.test(each.name));
    // The table that many cases read is always loaded.
    const isSource = each.name.startsWith('COPY of 4M rows with');
    const skipped = (isWeak && !FULL && !isSource) || (!selected.has(each) && !isSource);
    it.skipIf(skipped)(each.name, { timeout }, async () => {
      const [to, on] = [client as WireClient, server as MeasuredServer];
      await each.prepare?.(to);
      const attempts = FULL || each.prepare !== undefined ? 1 : ATTEMPTS;
      let excess = Infinity;
      for (let i = 0; i < attempts && excess > 0; i++) {
        const measured = await on.measure(() => each.run(to));
        if (FULL) report(each.name, measured);
        excess = excessOf(measured);
      }
      if (!FULL && !isWeak) expect(excess).toBeLessThanOrEqual(0);
    });
  }
});

/** Milliseconds by which the longest turn was too long. */
function excessOf({ cpu, worst }: Measurement): number {
  return (worst[0]?.cpu ?? 0) - Math.max(TURN_MS, cpu * TURN_SHARE);
}

function report(name: string, measured: Measurement): void {
  const { total, worst, collections, probe, stacks } = measured;
  const [turn] = worst;
  const longestGc = Math.max(0, ...collections.map(({ ms }) => ms));
  const list = worst.map(({ ms, cpu, collections: inside }) => {
    const parts = inside
      .filter(({ ms: gc }) => gc >= 2)
      .map((one) => `${one.kind}:${one.ms.toFixed(0)}`);
    return `${cpu.toFixed(0)}/${ms.toFixed(0)}${parts.length > 0 ? `(${parts.join(',')})` : ''}`;
  });
  const column = (value: number): string => value.toFixed(0).padStart(5);
  console.log(
    `${column(turn?.cpu ?? 0)} ms${column(probe.worst)} ms${(total / 1000).toFixed(1).padStart(6)} s  gc${column(longestGc)} ms  ${name}  [${list.join(' ')}]`,
  );
  if (probe.worst > PROBE_MS) console.log(`      ${meanwhile(measured)}`);
  for (const stack of stacks ?? []) console.log(`      ${stack.join('\n      ')}\n      --`);
}

/** The turns while the slowest `select 1` waited. */
function meanwhile({ long, probe: { span, stolen } }: Measurement): string {
  const [asked, answered] = span;
  const turns = long
    .filter(({ start, end }) => end > asked && start < answered)
    .map(({ start, end, cpu, waited }) => {
      const figures = [end - start, cpu, waited].map((ms) => ms.toFixed(0)).join('/');
      return `${(start - asked).toFixed(0)}: ${figures}`;
    })
    .join(', ');
  return stolen > 0 ? `${turns}; other machines had the processors for ${stolen} ms` : turns;
}
