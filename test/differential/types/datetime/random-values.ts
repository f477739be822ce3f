/** Random date/time literals from a seed, for comparisons with PostgreSQL. */

export interface RandomValues {
  next(): number;
  pick<T>(items: readonly T[]): T;
  /** A literal of a type: date, time, timetz, timestamp, timestamptz, interval, float8, int4. */
  literal(type: string): string;
}

/** Local times in and around the transitions of the zones under test. */
const TRANSITIONS = [
  '2019-03-10 01:30:00',
  '2019-03-10 02:30:00',
  '2019-11-03 01:30:00',
  '2019-11-03 00:59:59',
  '2019-03-31 02:30:00',
  '2019-10-27 02:30:00',
  '2019-04-07 01:45:00',
  '2019-10-06 02:10:00',
];

export const ZONES = ['America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe'];

export function randomValues(seed: number): RandomValues {
  let state = seed;
  const next = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const date = (): string => {
    const kind = next();
    const year = kind < 0.7 ? 1900 + below(200) : kind < 0.9 ? 1 + below(9998) : 1 + below(200000);
    return `${pad(year, 4)}-${pad(1 + below(12))}-${pad(1 + below(28))}`;
  };
  const time = (): string =>
    `${pad(below(24))}:${pad(below(60))}:${pad(below(60))}${next() < 0.5 ? `.${pad(below(1e6), 6)}` : ''}`;
  const timestamp = (): string => {
    if (next() < 0.15) return pick(TRANSITIONS);
    return `${date()} ${next() < 0.2 ? '00:00:00' : time()}${next() < 0.03 ? ' BC' : ''}`;
  };
  const interval = (): string => {
    const part = (unit: string): string => `${below(80) - 40} ${unit}`;
    const clock = `${next() < 0.5 ? '-' : ''}${below(60)}:${pad(below(60))}:${pad(below(60))}.${pad(below(1e6), 6)}`;
    return [next() < 0.5 ? part('mons') : '', next() < 0.5 ? part('days') : '', clock]
      .join(' ')
      .trim();
  };
  const literal = (type: string): string => {
    switch (type) {
      case 'date':
        return date();
      case 'time':
        return time();
      case 'timetz':
        return time() + pick(['+00', '+05:30', '-08', '+01:00:30', '-03:30']);
      case 'timestamp':
      case 'timestamptz': {
        const text = timestamp();
        // A BC year must exist in the range of timestamps.
        return text.endsWith(' BC') ? `0044${text.slice(text.indexOf('-'))}` : text;
      }
      case 'interval':
        return interval();
      case 'float8':
        return pick(['0.5', '1.5', '-2', '3', '0.1', '7', '100', '-0.333']);
      case 'int4':
        return String(below(2000) - 1000);
      default:
        throw new Error(`no literals of ${type}`);
    }
  };
  return { next, pick, literal };
}
