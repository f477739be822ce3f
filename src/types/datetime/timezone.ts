/**
 * Time zones. IANA rules come from the runtime's Intl, once per zone and year: each block of about a
 * year keeps its transitions in a small table, and the last stretch between two transitions is cached,
 * so that converting a value costs two comparisons.
 */
import { dbError, type DbError } from '../../errors/db-error.ts';
import type { Int64 } from '../value.ts';
import { MICROS_PER_SECOND, UNIX_EPOCH_SECONDS } from './calendar.ts';
import { floorDivideInt64 } from './micros.ts';
import { parsePosixZone, posixOffsetAt, type PosixZone } from './posix-zone.ts';
import { ZONE_ABBREVIATIONS } from './zone-abbreviations.ts';
import { ZONE_GROUPS } from './zone-names.ts';

/** Blocks are 2^25 seconds, a little more than a year. */
const BLOCK_SECONDS = 2 ** 25;
/** A block also knows this much before its start and after its end. */
const BLOCK_PADDING = 3 * 86_400;
/** No zone has two transitions closer to each other that cancel out. */
const PROBE_STEP = 5 * 86_400;
/** The Gregorian calendar, and so every zone's final rule, repeats after 400 years. */
const CYCLE_SECONDS = 146_097 * 86_400;
/** 1800-01-01, when every zone still used local mean time. */
const FIRST_SECOND = -6_311_433_600;
const DAY = 86_400;
const MAX_CACHED_ZONES = 2_000;

interface Block {
  /** Seconds at which stretches start, ascending; the first is the padded start of the block. */
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
  readonly end: number;
}

/** Seconds [start, end) during which a zone has one offset. */
export interface ZoneStretch {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/** One zone. Seconds count from 2000-01-01; offsets are seconds east of UTC. */
export class TimeZone {
  readonly name: string;
  readonly #probe: (utcSeconds: number) => number;
  readonly #abbreviation: (offset: number) => string | undefined;
  readonly #blocks = new Map<number, Block>();
  readonly #fixed: number | undefined;
  #start = 0;
  #end = 0;
  #offset = 0;

  constructor(
    name: string,
    probe: (utcSeconds: number) => number,
    abbreviation: (offset: number) => string | undefined,
    fixed: number | undefined,
  ) {
    this.name = name;
    this.#probe = probe;
    this.#abbreviation = abbreviation;
    this.#fixed = fixed;
    if (fixed !== undefined) {
      this.#start = -Infinity;
      this.#end = Infinity;
      this.#offset = fixed;
    }
  }

  /** The one offset of a zone without transitions, undefined for others. */
  get fixedOffset(): number | undefined {
    return this.#fixed;
  }

  offsetAt(utcSeconds: number): number {
    if (utcSeconds >= this.#start && utcSeconds < this.#end) return this.#offset;
    const reduced = reduce(utcSeconds);
    const block = this.#block(reduced);
    const i = stretchOf(block, reduced);
    if (reduced === utcSeconds) {
      this.#start = block.starts[i] as number;
      this.#end = i + 1 < block.starts.length ? (block.starts[i + 1] as number) : block.end;
      this.#offset = block.offsets[i] as number;
    }
    return block.offsets[i] as number;
  }

  /** The longest known stretch around a moment without a transition, for loops over many values. */
  stretchAt(utcSeconds: number): ZoneStretch {
    const offset = this.offsetAt(utcSeconds);
    if (utcSeconds >= this.#start && utcSeconds < this.#end) {
      return { start: this.#start, end: this.#end, offset };
    }
    return { start: utcSeconds, end: utcSeconds + 1, offset };
  }

  /**
   * Offset that turns a local time into UTC. A time that a transition skips or repeats takes the
   * smaller offset: the one before a gap, the one after an overlap, as PostgreSQL decides.
   */
  offsetForLocal(localSeconds: number): number {
    if (localSeconds - DAY >= this.#start && localSeconds + DAY < this.#end) return this.#offset;
    const reduced = reduce(localSeconds);
    const block = this.#block(reduced);
    const i = stretchOf(block, reduced - DAY);
    const before = block.offsets[i] as number;
    if (i + 1 >= block.starts.length) {
      this.offsetAt(localSeconds);
      return before;
    }
    const boundary = block.starts[i + 1] as number;
    const after = block.offsets[i + 1] as number;
    if (reduced - before < boundary && reduced - after < boundary) return before;
    if (reduced - before > boundary && reduced - after >= boundary) return after;
    return Math.min(before, after);
  }

  /** What the zone calls its time at a moment: EST, CEST, +0545, LMT. */
  abbreviationAt(utcSeconds: number): string {
    const offset = this.offsetAt(utcSeconds);
    const known = this.#abbreviation(offset);
    if (known !== undefined) return known;
    if (this.#fixed === undefined && offset % 900 !== 0 && offset === this.#probe(FIRST_SECOND)) {
      return 'LMT';
    }
    return numericAbbreviation(offset);
  }

  #block(seconds: number): Block {
    const index = Math.floor(seconds / BLOCK_SECONDS);
    let block = this.#blocks.get(index);
    if (block === undefined) {
      block = this.#buildBlock(index);
      this.#blocks.set(index, block);
    }
    return block;
  }

  #buildBlock(index: number): Block {
    const first = index * BLOCK_SECONDS - BLOCK_PADDING;
    const end = (index + 1) * BLOCK_SECONDS + BLOCK_PADDING;
    const starts = [first];
    const offsets = [this.#probe(first)];
    let previous = first;
    let offset = offsets[0] as number;
    while (previous < end) {
      const next = Math.min(previous + PROBE_STEP, end);
      let low = previous;
      while (this.#probe(next) !== offset) {
        const boundary = this.#firstChange(low, next, offset);
        offset = this.#probe(boundary);
        starts.push(boundary);
        offsets.push(offset);
        low = boundary;
      }
      previous = next;
    }
    return { starts, offsets, end };
  }

  /** First second in (low, high] whose offset is not `offset`, by bisection. */
  #firstChange(low: number, high: number, offset: number): number {
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#probe(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}

function stretchOf(block: Block, seconds: number): number {
  let i = block.starts.length - 1;
  while (i > 0 && seconds < (block.starts[i] as number)) i--;
  return i;
}

/** Maps far years onto ones with the same rules. */
function reduce(seconds: number): number {
  if (seconds < FIRST_SECOND) return FIRST_SECOND;
  if (seconds < CYCLE_SECONDS) return seconds;
  return CYCLE_SECONDS + ((seconds - CYCLE_SECONDS) % CYCLE_SECONDS);
}

function numericAbbreviation(offset: number): string {
  const magnitude = Math.abs(offset);
  const hours = pad2(Math.floor(magnitude / 3600));
  const minutes = Math.floor(magnitude / 60) % 60;
  const seconds = magnitude % 60;
  const sign = offset < 0 ? '-' : '+';
  const tail = minutes === 0 && seconds === 0 ? '' : pad2(minutes) + (seconds ? pad2(seconds) : '');
  return sign + hours + tail;
}

function pad2(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

interface ZoneNames {
  /** Lower-case name to the name as the database spells it. */
  readonly canonical: ReadonlyMap<string, string>;
  /** Abbreviations by offset, for every canonical name. */
  readonly abbreviations: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

let zoneNames: ZoneNames | undefined;

function loadZoneNames(): ZoneNames {
  if (zoneNames !== undefined) return zoneNames;
  const canonical = new Map<string, string>();
  const abbreviations = new Map<string, ReadonlyMap<number, string>>();
  for (const group of ZONE_GROUPS) {
    const [head, names] = group.split('|') as [string, string];
    const pairs = head === '' ? [] : head.split(' ');
    const byOffset = new Map<number, string>();
    for (let i = 0; i < pairs.length; i += 2)
      byOffset.set(Number(pairs[i + 1]), pairs[i] as string);
    for (const name of names.split(' ')) {
      canonical.set(name.toLowerCase(), name);
      abbreviations.set(name, byOffset);
    }
  }
  zoneNames = { canonical, abbreviations };
  return zoneNames;
}

/** All IANA names, for pg_timezone_names. */
export function allZoneNames(): readonly string[] {
  return [...loadZoneNames().canonical.values()].toSorted();
}

const zones = new Map<string, TimeZone | undefined>();

/** Finds a zone by IANA name (any case) or POSIX string; undefined where it is neither. */
export function findZone(name: string): TimeZone | undefined {
  const cached = zones.get(name);
  if (cached !== undefined || zones.has(name)) return cached;
  const zone = name.length > 255 ? undefined : (ianaZone(name) ?? posixZone(name));
  if (zones.size >= MAX_CACHED_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** Finds a zone or throws PostgreSQL's error for an unknown one. */
export function requireZone(name: string): TimeZone {
  const zone = findZone(name);
  if (zone === undefined) throw unknownZone(name);
  return zone;
}

/** Finds a zone by what SQL text may name: an abbreviation first, then a zone name. */
export function requireZoneOrAbbreviation(name: string): TimeZone {
  const entry = ZONE_ABBREVIATIONS.get(name.toLowerCase());
  if (entry === undefined) return requireZone(name);
  return requireZone(entry.kind === 'dynamic' ? entry.zone : fixedZoneName(entry.seconds));
}

export function unknownZone(name: string): DbError {
  return dbError('invalid_parameter_value', `time zone "${name}" not recognized`);
}

function ianaZone(name: string): TimeZone | undefined {
  const names = loadZoneNames();
  const canonical = names.canonical.get(name.toLowerCase());
  if (canonical === undefined) return undefined;
  const byOffset = names.abbreviations.get(canonical);
  const abbreviation = (offset: number): string | undefined => byOffset?.get(offset);
  if (/^(?:Etc\/)?(?:UTC|UCT|GMT|GMT0|GMT[+-]0|Universal|Zulu|Greenwich)$/.test(canonical)) {
    return new TimeZone(canonical, () => 0, abbreviation, 0);
  }
  const probe = intlProbe(canonical);
  if (probe === undefined) return undefined;
  const fixed = canonical.startsWith('Etc/') ? probe(0) : undefined;
  return new TimeZone(canonical, probe, abbreviation, fixed);
}

/** Asks Intl for a zone's offset at a moment; undefined where the runtime does not know the zone. */
function intlProbe(canonical: string): ((utcSeconds: number) => number) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: canonical,
      timeZoneName: 'longOffset',
      year: 'numeric',
    });
  } catch {
    return undefined;
  }
  return (utcSeconds) => {
    const text = format.format((utcSeconds + UNIX_EPOCH_SECONDS) * 1000);
    return parseLongOffset(text, text.indexOf('GMT') + 3);
  };
}

/** Reads +hh:mm[:ss], or nothing for UTC itself. */
function parseLongOffset(text: string, start: number): number {
  if (start >= text.length) return 0;
  const sign = text.charAt(start) === '-' ? -1 : 1;
  const [hours, minutes, seconds] = text.slice(start + 1).split(':');
  const total = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return total === 0 ? 0 : sign * total;
}

function posixZone(name: string): TimeZone | undefined {
  const upper = name.toUpperCase();
  const posix = parsePosixZone(upper);
  if (posix === undefined) return undefined;
  const fixed = posix.daylight === undefined ? posix.standardSeconds : undefined;
  return new TimeZone(upper, (s) => posixOffsetAt(posix, s), posixAbbreviation(posix), fixed);
}

function posixAbbreviation(zone: PosixZone): (offset: number) => string {
  return (offset) =>
    offset === zone.standardSeconds || zone.daylight === undefined
      ? zone.standardName
      : zone.daylight.name;
}

/** POSIX name of a fixed offset east of UTC, as SET TIME ZONE makes it: `<+05:30>-05:30`. */
export function fixedZoneName(secondsEast: number): string {
  const magnitude = Math.abs(secondsEast);
  let text = pad2(Math.floor(magnitude / 3600));
  if (magnitude % 3600 !== 0) text += `:${pad2(Math.floor(magnitude / 60) % 60)}`;
  if (magnitude % 60 !== 0) text += `:${pad2(magnitude % 60)}`;
  return secondsEast >= 0 ? `<+${text}>-${text}` : `<-${text}>+${text}`;
}

/**
 * Checks a value for the TimeZone setting and answers it in canonical spelling, or undefined. Besides
 * zone names a number of hours east of UTC is allowed.
 */
export function validateZone(name: string): string | undefined {
  const trimmed = name.trim();
  if (trimmed !== '' && /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(trimmed)) {
    const seconds = Math.trunc(Number(trimmed) * 3600);
    return Math.abs(seconds) > 167 * 3600 ? undefined : fixedZoneName(seconds);
  }
  return findZone(name)?.name;
}

/** Seconds since 2000 of a timestamp, rounded down. */
export function secondsOf(micros: Int64): number {
  if (typeof micros === 'number') return Math.floor(micros / MICROS_PER_SECOND);
  return Number(floorDivideInt64(micros, MICROS_PER_SECOND));
}

/** Offset of a zone at a UTC moment, seconds east. */
export function zoneOffsetSeconds(zone: string, utcMicros: Int64): number {
  return requireZone(zone).offsetAt(secondsOf(utcMicros));
}

/** 2011-03-27 00:00 UTC: until then MSK was +3 the whole year, whatever the zone observed. */
const MSK_CHANGE = 354_412_800;

/** Offset that a literal's zone abbreviation means for a local time; undefined for unknown ones. */
export function abbreviationOffset(abbreviation: string, localSeconds: number): number | undefined {
  const entry = ZONE_ABBREVIATIONS.get(abbreviation.toLowerCase());
  if (entry === undefined) return undefined;
  if (entry.kind === 'fixed') return entry.seconds;
  if (entry.zone === 'Europe/Moscow' && localSeconds < MSK_CHANGE) return 10_800;
  return requireZone(entry.zone).offsetForLocal(localSeconds);
}
