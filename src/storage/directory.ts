/** The data directory: its identity file and layout. */
import type { Disk, Env } from '../base/env.ts';
import { fatalError } from '../errors/db-error.ts';
import { diskError } from './disk-error.ts';

const IDENTITY_FILE = 'VARVE';
const FORMAT_VERSION = 1;

export interface DataDirectory {
  /** Random and fixed for the directory's life, as hex. */
  readonly id: string;
  readonly kv: string;
  readonly log: string;
}

/** Checks the directory's identity, or makes a new one where there is nothing yet. */
export async function openDirectory(path: string, env: Env): Promise<DataDirectory> {
  try {
    const id = await readOrCreateIdentity(path, env);
    return { id, kv: `${path}/kv`, log: `${path}/log` };
  } catch (error) {
    throw diskError(error, `could not open the data directory "${path}"`);
  }
}

async function readOrCreateIdentity(path: string, env: Env): Promise<string> {
  const { disk } = env;
  await disk.makeDirectory(path);
  const identity = `${path}/${IDENTITY_FILE}`;
  if (await disk.exists(identity)) return parseIdentity(path, await disk.readFile(identity));
  const others = (await disk.list(path)).filter((name) => name !== `${IDENTITY_FILE}.new`);
  if (others.length > 0) throw foreignDirectory(path);
  return createIdentity(path, disk, env.random.bytes(16));
}

async function createIdentity(path: string, disk: Disk, random: Uint8Array): Promise<string> {
  const id = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const text = `varve data directory\nformat ${FORMAT_VERSION}\nid ${id}\n`;
  const temporary = `${path}/${IDENTITY_FILE}.new`;
  await disk.writeFile(temporary, new TextEncoder().encode(text), true);
  await disk.rename(temporary, `${path}/${IDENTITY_FILE}`);
  await disk.syncDirectory(path);
  return id;
}

function parseIdentity(path: string, bytes: Uint8Array): string {
  const [title, format, id] = new TextDecoder().decode(bytes).split('\n');
  const version = /^format (\d+)$/.exec(format ?? '')?.[1];
  if (title !== 'varve data directory' || version === undefined) throw foreignDirectory(path);
  if (Number(version) !== FORMAT_VERSION) {
    throw fatalError('feature_not_supported', {
      message: `data directory "${path}" has format version ${version}, this server knows ${FORMAT_VERSION}`,
    });
  }
  const digits = /^id ([0-9a-f]{32})$/.exec(id ?? '')?.[1];
  if (digits === undefined) {
    throw fatalError('data_corrupted', `identity file of data directory "${path}" is damaged`);
  }
  return digits;
}

function foreignDirectory(path: string): Error {
  return fatalError('object_not_in_prerequisite_state', {
    message: `"${path}" is not a Varve data directory`,
    detail: 'The directory is not empty and has no identity file.',
    hint: 'Use an empty or a new directory.',
  });
}
