/** Keys of everything that hypertables keep: all begin with `h`. Numbers are big-endian. */
import { prefixEnd } from '../../base/bytes.ts';
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import type { BlockName } from './column-cache.ts';

const HYPERTABLE = 0x68; // h
const CHUNK = 0x63; // c
const SEGMENT = 0x73; // s
const GARBAGE = 0x67; // g
const DROPPED = 0x64; // d

export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** A segment's place among the keys. */
export interface SegmentAddress {
  readonly storageId: number;
  readonly chunk: number;
  readonly segment: number;
}

export function chunkKey(storageId: number, chunk: number): Uint8Array {
  const writer = start(CHUNK);
  writer.u32(storageId);
  writer.f64(chunk);
  return writer.toBytes();
}

export function headerKey(address: SegmentAddress): Uint8Array {
  const writer = segmentPrefix(address);
  writer.u8(0);
  return writer.toBytes();
}

export function blockKey(address: SegmentAddress, attnum: number, block: number): Uint8Array {
  const writer = segmentPrefix(address);
  writer.u8(1);
  writer.i16(attnum);
  writer.u32(block);
  return writer.toBytes();
}

/** A part of a column's sketch; column 0 has the intervals'. */
export function sketchKey(address: SegmentAddress, attnum: number, part: number): Uint8Array {
  const writer = segmentPrefix(address);
  writer.u8(2);
  writer.i16(attnum);
  writer.u8(part);
  return writer.toBytes();
}

/** What block a key names; undefined for keys of anything else. */
export function blockOfKey(key: Uint8Array): BlockName | undefined {
  if (key[0] !== HYPERTABLE || key[1] !== SEGMENT) return undefined;
  // Behind the table's number and the chunk's.
  const reader = new ByteReader(key, 14);
  const segment = reader.u32();
  if (reader.u8() !== 1) return undefined;
  return { segment, attnum: reader.i16(), index: reader.u32() };
}

export function segmentRange(address: SegmentAddress): KeyRange {
  const from = segmentPrefix(address).toBytes();
  return { from, to: prefixEnd(from) };
}

/** Marks a segment that no chunk refers to any more and whose keys are to go. */
export function garbageKey(address: SegmentAddress): Uint8Array {
  const writer = start(GARBAGE);
  writer.u32(address.storageId);
  writer.f64(address.chunk);
  writer.u32(address.segment);
  return writer.toBytes();
}

export function addressOfGarbage(key: Uint8Array): SegmentAddress {
  const reader = new ByteReader(key, 2);
  return { storageId: reader.u32(), chunk: reader.f64(), segment: reader.u32() };
}

/** Marks a table whose log records are to be skipped. */
export function droppedKey(storageId: number): Uint8Array {
  const writer = start(DROPPED);
  writer.u32(storageId);
  return writer.toBytes();
}

/** The table that a chunk's or a dropped table's key names. */
export function storageIdOf(key: Uint8Array): number {
  return new ByteReader(key, 2).u32();
}

export const CHUNK_KEYS = rangeOf(CHUNK);
export const GARBAGE_KEYS = rangeOf(GARBAGE);
export const DROPPED_KEYS = rangeOf(DROPPED);

function start(kind: number): ByteWriter {
  const writer = new ByteWriter(32);
  writer.u8(HYPERTABLE);
  writer.u8(kind);
  return writer;
}

function segmentPrefix({ storageId, chunk, segment }: SegmentAddress): ByteWriter {
  const writer = start(SEGMENT);
  writer.u32(storageId);
  writer.f64(chunk);
  writer.u32(segment);
  return writer;
}

function rangeOf(kind: number): KeyRange {
  const from = start(kind).toBytes();
  return { from, to: prefixEnd(from) };
}
