/**
 * What stands between a damaged byte in RocksDB's own files and its silence about it. Before RocksDB is
 * opened its manifest and its write-ahead logs are checked; a log is cut off where it is damaged. What
 * RocksDB then recovers is the state after some earlier write, from which the commit log leads on
 * (docs/decisions/0006-rocksdb-log.md).
 */
import type { Disk, Log } from '../../base/env.ts';
import { diskError } from '../disk-error.ts';
import { joined, scanRocksLog } from './rocks-log.ts';
import { readManifest } from './rocks-manifest.ts';

export interface MendOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly log: Log;
  /** Throws where another process has the store open. */
  readonly assertUnlocked: (directory: string) => Promise<void>;
}

interface Damage {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Bytes of the file that can be kept. */
  readonly validBytes: number;
  /** Files after it, oldest first. */
  readonly later: readonly string[];
}

/** What was cut off is kept under such a name until the commit log has replaced it. */
const ASIDE = '.damaged';

/**
 * Cuts off what is damaged of RocksDB's logs. True where that was done, now or by an earlier start that
 * did not come to its end. XX001 where the manifest is damaged.
 */
export async function mendRocks(options: MendOptions): Promise<boolean> {
  try {
    return await mend(options);
  } catch (error) {
    throw diskError(error, 'could not check the key-value store');
  }
}

async function mend(options: MendOptions): Promise<boolean> {
  const { disk, directory, assertUnlocked } = options;
  if (!(await disk.exists(directory))) return false;
  const logs = (await disk.list(directory)).filter((name) => logNumber(name) !== undefined);
  if (!(await isSound(disk, directory, logs))) {
    await assertUnlocked(directory);
    // The first look may have met another server's writes. A server that came since has logs of newer
    // names, which are not touched.
    const damage = await findDamage(disk, directory, logs);
    if (damage !== undefined) await cutOff(options, damage);
  }
  return (await disk.list(directory)).some((name) => name.endsWith(ASIDE));
}

/** Removes what was cut off, once recovery has come to its end without it. */
export async function forgetDamage(disk: Disk, directory: string): Promise<void> {
  for (const name of await disk.list(directory)) {
    if (name.endsWith(ASIDE)) await disk.remove(`${directory}/${name}`);
  }
  await disk.syncDirectory(directory);
}

/** The number in the name of a write-ahead log; undefined for other files. */
export function logNumber(name: string): number | undefined {
  const digits = /^(\d+)\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function isSound(disk: Disk, directory: string, logs: readonly string[]): Promise<boolean> {
  try {
    return (await findDamage(disk, directory, logs)) === undefined;
  } catch {
    // Perhaps a server at work, which comes to light next; otherwise the second look reports it.
    return false;
  }
}

async function findDamage(
  disk: Disk,
  directory: string,
  logs: readonly string[],
): Promise<Damage | undefined> {
  const manifest = await readManifest(disk, directory);
  if (manifest === undefined) return undefined;
  const needed: string[] = [];
  for (const name of logs) {
    const isNeeded = (logNumber(name) ?? 0) >= manifest.oldestLog;
    if (isNeeded && (await disk.exists(`${directory}/${name}`))) needed.push(name);
  }
  needed.sort((a, b) => (logNumber(a) ?? 0) - (logNumber(b) ?? 0));
  // Each batch has the number of its first operation and says how many it has: no batch is left out.
  let next: number | undefined;
  for (const [i, file] of needed.entries()) {
    const bytes = await disk.readFile(`${directory}/${file}`);
    const { end, validBytes } = scanRocksLog(bytes, (pieces) => {
      const after = numberAfter(joined(pieces, BATCH_HEADER_BYTES), next);
      next = after ?? next;
      return after !== undefined;
    });
    if (end === 'damaged') return { file, bytes, validBytes, later: needed.slice(i + 1) };
  }
  return undefined;
}

const BATCH_HEADER_BYTES = 12;

/** The number after a batch's operations, undefined where another one should be the first of them. */
function numberAfter(header: Uint8Array, expected: number | undefined): number | undefined {
  if (header.length < BATCH_HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const first = Number(view.getBigUint64(0, true));
  if (expected !== undefined && first !== expected) return undefined;
  return first + view.getUint32(8, true);
}

/** From the end, so that what is left is whole at every moment. */
async function cutOff({ disk, directory, log }: MendOptions, damage: Damage): Promise<void> {
  const { file, bytes, validBytes, later } = damage;
  log.warn('a log of the key-value store is damaged; the commit log replaces its end', {
    file,
    offset: validBytes,
  });
  const path = `${directory}/${file}`;
  await disk.writeFile(`${path}${ASIDE}`, bytes, true);
  for (const name of later.toReversed()) {
    await disk.rename(`${directory}/${name}`, `${directory}/${name}${ASIDE}`);
  }
  await disk.syncDirectory(directory);
  const open = await disk.open(path, 'append');
  try {
    await open.truncate(validBytes);
    await open.sync();
  } finally {
    await open.close();
  }
}
