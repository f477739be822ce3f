/** inet and cidr: kept as PostgreSQL's text, taken apart for comparisons and the binary form. */
import { dbError, type DbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { compareBytes } from './bytea.ts';

interface NetworkAddress {
  /** Four or sixteen bytes. */
  readonly bytes: Uint8Array;
  /** Length of the prefix. */
  readonly bits: number;
}

type NetworkType = 'inet' | 'cidr';

/** Family numbers of the binary form. */
const FAMILY_4 = 2;
const FAMILY_6 = 3;

/** The codec of inet or cidr. */
export function networkCodec(type: NetworkType): Codec {
  return {
    parseText: (text) => formatNetwork(parseNetwork(text, type), type),
    formatText: (value) => value as string,
    readBinary(reader) {
      const family = reader.u8();
      const bits = reader.u8();
      reader.u8();
      const size = reader.u8();
      const expected = family === FAMILY_4 ? 4 : family === FAMILY_6 ? 16 : -1;
      if (expected < 0) throw invalidBinary('address family', type);
      if (bits > expected * 8) throw invalidBinary('bits', type);
      if (size !== expected) throw invalidBinary('length', type);
      const address = { bytes: reader.take(size).slice(), bits };
      if (type === 'cidr' && hasHostBits(address)) {
        throw dbError('invalid_binary_representation', {
          message: 'invalid external "cidr" value',
          detail: 'Value has bits set to right of mask.',
        });
      }
      return formatNetwork(address, type);
    },
    writeBinary(writer, value) {
      const { bytes, bits } = addressOf(value as string);
      writer.u8(bytes.length === 4 ? FAMILY_4 : FAMILY_6);
      writer.u8(bits);
      writer.u8(type === 'cidr' ? 1 : 0);
      writer.u8(bytes.length);
      writer.bytes(bytes);
    },
  };
}

/** The order of inet: family, the common part of the networks, prefix length, address. */
export function compareNetwork(a: string, b: string): number {
  return a === b ? 0 : compareBytes(networkKey(a), networkKey(b));
}

/** Bytes in the order of inet: family, network, prefix length, whole address. */
export function networkKey(text: string): Uint8Array {
  const address = addressOf(text);
  const { bytes, bits } = address;
  const size = bytes.length;
  const key = new Uint8Array(2 + size * 2);
  key[0] = size;
  key.set(networkOf(address), 1);
  key[1 + size] = bits;
  key.set(bytes, 2 + size);
  return key;
}

/** The text of an address with its prefix length, which inet leaves out when it is full. */
export function withPrefixLength(text: string): string {
  return text.includes('/') ? text : formatNetwork(addressOf(text), 'cidr');
}

/** inet to cidr: the host's bits become zero. */
export function inetToCidr(text: string): string {
  const address = addressOf(text);
  return formatNetwork({ bytes: networkOf(address), bits: address.bits }, 'cidr');
}

export function cidrToInet(text: string): string {
  return formatNetwork(addressOf(text), 'inet');
}

/** Takes a value's own text apart. */
function addressOf(text: string): NetworkAddress {
  return parseNetwork(text, 'inet');
}

function parseNetwork(text: string, type: NetworkType): NetworkAddress {
  const address = text.includes(':') ? parseVersion6(text) : parseVersion4(text, type);
  if (address === undefined) throw invalidNetwork(text, type);
  if (type === 'cidr' && hasHostBits(address)) {
    throw dbError('invalid_text_representation', {
      message: `invalid cidr value: "${text}"`,
      detail: 'Value has bits set to right of mask.',
    });
  }
  return address;
}

/** Octets may be missing at the end: for cidr, and for inet beyond the prefix. */
function parseVersion4(text: string, type: NetworkType): NetworkAddress | undefined {
  const match = /^(\d+(?:\.\d+){0,3})(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, address = '', prefix] = match;
  const octets = address.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  if (prefix === undefined && type === 'inet' && octets.length < 4) return undefined;
  const bits = prefix === undefined ? classBits(octets) : Number(prefix);
  if (bits > 32 || (type === 'inet' && bits > octets.length * 8)) return undefined;
  return { bytes: padded(octets), bits };
}

function padded(octets: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes.set(octets);
  return bytes;
}

/** The prefix length that the address's class implies, at least as long as the octets given. */
function classBits(octets: readonly number[]): number {
  const first = octets[0] as number;
  if (octets.length === 4) return 32;
  const byClass = first >= 240 ? 32 : first >= 224 ? 8 : first >= 192 ? 24 : first >= 128 ? 16 : 8;
  const bits = Math.max(byClass, octets.length * 8);
  return bits === 8 && first === 224 ? 4 : bits;
}

function parseVersion6(text: string): NetworkAddress | undefined {
  const match = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, address = '', prefix] = match;
  if (prefix !== undefined && prefix.length > 1 && prefix.startsWith('0')) return undefined;
  const bits = prefix === undefined ? 128 : Number(prefix);
  const words = parseWords(address);
  if (words === undefined || bits > 128) return undefined;
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => {
    bytes[i * 2] = word >> 8;
    bytes[i * 2 + 1] = word & 0xff;
  });
  return { bytes, bits };
}

function parseWords(address: string): number[] | undefined {
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const head = wordsOf(halves[0] as string, halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? head : undefined;
  const tail = wordsOf(halves[1] as string, true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Words between colons; the last may be an IPv4 address. */
function wordsOf(text: string, mayEndIn4: boolean): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) words.push(Number.parseInt(part, 16));
    else if (mayEndIn4 && i === parts.length - 1 && /^\d{1,3}(\.\d{1,3}){3}$/.test(part)) {
      const octets = part.split('.').map(Number) as [number, number, number, number];
      if (octets.some((octet) => octet > 255)) return undefined;
      words.push(octets[0] * 256 + octets[1], octets[2] * 256 + octets[3]);
    } else return undefined;
  }
  return words;
}

function formatNetwork({ bytes, bits }: NetworkAddress, type: NetworkType): string {
  const text = bytes.length === 4 ? bytes.join('.') : formatVersion6(bytes);
  return type === 'inet' && bits === bytes.length * 8 ? text : `${text}/${bits}`;
}

function formatVersion6(bytes: Uint8Array): string {
  const words = Array.from(
    { length: 8 },
    (_, i) => (bytes[i * 2] as number) * 256 + (bytes[i * 2 + 1] as number),
  );
  const { start, length } = longestZeros(words);
  const last4 = bytes.subarray(12).join('.');
  if (start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))) {
    return length === 5 ? `::ffff:${last4}` : `::${last4}`;
  }
  const hex = words.map((word) => word.toString(16));
  if (length === 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first longest run of at least two zero words. */
function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  words.forEach((word, i) => {
    length = word === 0 ? length + 1 : 0;
    if (length > 1 && length > best.length) best = { start: i - length + 1, length };
  });
  return best;
}

function networkOf({ bytes, bits }: NetworkAddress): Uint8Array {
  return bytes.map((byte, i) => byte & (0xff << (8 - Math.max(0, Math.min(8, bits - i * 8)))));
}

function hasHostBits(address: NetworkAddress): boolean {
  return compareBytes(networkOf(address), address.bytes) !== 0;
}

function invalidNetwork(text: string, type: NetworkType): DbError {
  return dbError('invalid_text_representation', {
    message: `invalid input syntax for type ${type}: "${text}"`,
  });
}

function invalidBinary(what: string, type: NetworkType): DbError {
  return dbError('invalid_binary_representation', `invalid ${what} in external "${type}" value`);
}
