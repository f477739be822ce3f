import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireFileLock, LockedError } from '../../../src/platform/file-lock.ts';
import { createNodeDisk } from '../../../src/platform/node-disk.ts';

const disk = createNodeDisk();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varve-disk-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);

test('appends go one after the other and answer their offsets', async () => {
  const file = await disk.open(join(directory, 'log'), 'append');
  const offsets = await Promise.all([
    file.append(bytes('one')),
    file.append(bytes('three')),
    file.append(bytes('5')),
  ]);
  expect(offsets).toEqual([0, 3, 8]);
  await file.sync();
  expect(await file.size()).toBe(9);
  expect(text(await file.read(3, 5))).toBe('three');
  expect(text(await file.read(8, 100))).toBe('5');
  expect(await file.read(9, 1)).toHaveLength(0);
  await file.truncate(3);
  expect(await file.append(bytes('!'))).toBe(3);
  await file.close();
  expect(text(await disk.readFile(join(directory, 'log')))).toBe('one!');
  const again = await disk.open(join(directory, 'log'), 'append');
  expect(await again.append(bytes('?'))).toBe(4);
  await again.close();
});

test('durable appends write pieces one after the other', async () => {
  const path = join(directory, 'log');
  const file = await disk.open(path, 'append');
  const many = Array.from({ length: 3000 }, (_, i) => bytes(`${i},`));
  expect(await file.append(bytes('one'))).toBe(0);
  await file.sync();
  expect(await file.appendDurably([bytes('two')])).toBe(3);
  expect(await file.appendDurably([])).toBe(6);
  expect(await file.appendDurably([bytes(''), bytes('three'), bytes(''), bytes('4')])).toBe(6);
  expect(await file.appendDurably(many)).toBe(12);
  const end = 12 + many.reduce((sum, { length }) => sum + length, 0);
  expect(await file.append(bytes('!'))).toBe(end);
  await file.close();
  const all = `onetwothree4${many.map(text).join('')}!`;
  expect(text(await disk.readFile(path))).toBe(all);
});

test('a failed append leaves the end where it was and keeps the error code', async () => {
  const full = await disk.open('/dev/full', 'append').catch(() => undefined);
  if (full === undefined) return;
  await expect(full.append(bytes('x'))).rejects.toMatchObject({ code: 'ENOSPC' });
  const pieces = [bytes('x'), bytes('y')];
  await expect(full.appendDurably(pieces)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(await full.size()).toBe(0);
  await full.close();
});

test('directories, whole files, names', async () => {
  const inner = join(directory, 'a', 'b');
  await disk.makeDirectory(inner);
  await disk.writeFile(join(inner, 'f'), bytes('content'), true);
  await disk.syncDirectory(inner);
  await disk.rename(join(inner, 'f'), join(inner, 'g'));
  expect(await disk.list(inner)).toEqual(['g']);
  expect(await disk.exists(join(inner, 'f'))).toBe(false);
  expect(await disk.exists(join(inner, 'g'))).toBe(true);
  await disk.remove(join(directory, 'a'));
  expect(await disk.exists(inner)).toBe(false);
  await expect(disk.open(join(directory, 'none'), 'read')).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('a lock is taken once, and again after its release', () => {
  const path = join(directory, 'lock');
  const lock = acquireFileLock(path);
  expect(() => acquireFileLock(path)).toThrow(LockedError);
  lock.release();
  acquireFileLock(path).release();
});

test('a lock of a living process is respected, one of a dead process is taken over', async () => {
  const path = join(directory, 'lock');
  await disk.writeFile(path, bytes('1\n'), false);
  expect(() => acquireFileLock(path)).toThrow('held by process 1');
  await disk.writeFile(path, bytes('4194399\n'), false);
  acquireFileLock(path).release();
  await disk.writeFile(path, bytes('garbage'), false);
  acquireFileLock(path).release();
});
