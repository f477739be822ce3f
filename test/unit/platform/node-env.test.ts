import { expect, test, vi } from 'vitest';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { hasHeapRoom } from '../../../src/platform/node-heap.ts';
import { createNodeLog } from '../../../src/platform/node-log.ts';
import { scramVerifier } from '../../../src/platform/scram-crypto.ts';
import { saslPrep } from '../../../src/platform/sasl-prep.ts';

test('the clock counts microseconds from 2000 and does not run backwards', () => {
  const { clock } = createNodeEnv();
  const before = (Date.now() - 946_684_800_000) * 1000;
  let last = clock.nowMicros();
  expect(Math.abs(last - before)).toBeLessThan(1_000_000);
  for (let i = 0; i < 1000; i++) {
    const now = clock.nowMicros();
    expect(Number.isSafeInteger(now)).toBe(true);
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});

test('the clock stands while the system clock corrects itself, and follows when it is set back', () => {
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_800_000_000_000);
  const { clock } = createNodeEnv();
  const first = clock.nowMicros();
  now.mockReturnValue(1_799_999_999_900);
  expect(clock.nowMicros()).toBeGreaterThanOrEqual(first);
  now.mockReturnValue(1_799_999_000_000);
  expect(clock.nowMicros()).toBeLessThan(first);
  now.mockRestore();
});

test('timers fire once and can be cancelled', async () => {
  const { timers } = createNodeEnv();
  const fired: string[] = [];
  timers.after(1, () => fired.push('kept'));
  timers.after(1, () => fired.push('cancelled'))();
  // An unreferenced timer does not keep the process alive: this one does.
  await new Promise((resolve) => setTimeout(resolve, 30));
  await timers.yield();
  expect(fired).toEqual(['kept']);
});

test('log lines carry level and fields and are always one line', () => {
  const lines: string[] = [];
  const log = createNodeLog('info', (line) => lines.push(line));
  log.debug('hidden');
  log.info('a\nb', { port: 5432, name: 'x y', wide: 5n, none: undefined });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+Z INFO a b port=5432 name="x y" wide="?\\?"?5.*\n$/);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
});

test('the verifier of RFC 7677', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  expect(await scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('SASLprep examples of RFC 4013', () => {
  expect(saslPrep('I\u00adX')).toBe('IX');
  expect(saslPrep('user')).toBe('user');
  expect(saslPrep('\u00aa')).toBe('a');
  expect(saslPrep('\u2168')).toBe('IX');
  // Forbidden: used as it stands.
  expect(saslPrep('\u0007')).toBe('\u0007');
  expect(saslPrep('\u06271')).toBe('\u06271');
});

test('the heap has room for a little, and not for everything', () => {
  expect(hasHeapRoom(1024)).toBe(true);
  expect(hasHeapRoom(2 ** 45)).toBe(false);
  expect(hasHeapRoom(1024)).toBe(true);
});
