/** Words of date, time and interval text. */

export type Unit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute'
  | 'dow'
  | 'doy'
  | 'isodow'
  | 'isoyear'
  | 'julian'
  | 'epoch';

export type Reserved =
  | 'now'
  | 'today'
  | 'tomorrow'
  | 'yesterday'
  | 'allballs'
  | 'epoch'
  | 'late'
  | 'early';

export type CoreToken =
  | { readonly kind: 'reserved'; readonly value: Reserved }
  | { readonly kind: 'month' | 'weekday'; readonly value: number }
  | { readonly kind: 'ampm'; readonly value: 'am' | 'pm' }
  | { readonly kind: 'era'; readonly value: 'ad' | 'bc' }
  | { readonly kind: 'unit'; readonly value: Unit }
  | { readonly kind: 'ignore' | 'isoTime' | 'daylight' };

/** Words are compared by their first ten letters. */
export function tokenKey(word: string): string {
  return word.length > 10 ? word.slice(0, 10) : word;
}

export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const DAY_NAMES = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

function buildCoreTokens(): ReadonlyMap<string, CoreToken> {
  const table = new Map<string, CoreToken>();
  MONTH_NAMES.forEach((name, i) => {
    const token = { kind: 'month', value: i + 1 } as const;
    table.set(name.toLowerCase(), token);
    table.set(name.slice(0, 3).toLowerCase(), token);
  });
  table.set('sept', { kind: 'month', value: 9 });
  DAY_NAMES.forEach((name, i) => {
    const token = { kind: 'weekday', value: i } as const;
    table.set(name.toLowerCase(), token);
    table.set(name.slice(0, 3).toLowerCase(), token);
  });
  for (const [word, value] of [
    ['tues', 2],
    ['weds', 3],
    ['thur', 4],
    ['thurs', 4],
  ] as const) {
    table.set(word, { kind: 'weekday', value });
  }
  for (const word of ['now', 'today', 'tomorrow', 'yesterday', 'allballs', 'epoch'] as const) {
    table.set(word, { kind: 'reserved', value: word });
  }
  table.set('infinity', { kind: 'reserved', value: 'late' });
  table.set('-infinity', { kind: 'reserved', value: 'early' });
  table.set('am', { kind: 'ampm', value: 'am' });
  table.set('pm', { kind: 'ampm', value: 'pm' });
  table.set('ad', { kind: 'era', value: 'ad' });
  table.set('bc', { kind: 'era', value: 'bc' });
  table.set('at', { kind: 'ignore' });
  table.set('on', { kind: 'ignore' });
  table.set('t', { kind: 'isoTime' });
  table.set('dst', { kind: 'daylight' });
  const units: readonly (readonly [string, Unit])[] = [
    ['d', 'day'],
    ['dow', 'dow'],
    ['doy', 'doy'],
    ['h', 'hour'],
    ['isodow', 'isodow'],
    ['isoyear', 'isoyear'],
    ['j', 'julian'],
    ['jd', 'julian'],
    ['julian', 'julian'],
    ['m', 'month'],
    ['mm', 'minute'],
    ['s', 'second'],
    ['y', 'year'],
  ];
  for (const [word, value] of units) table.set(word, { kind: 'unit', value });
  return table;
}

/** Words of dates and times. */
export const CORE_TOKENS = buildCoreTokens();

const UNIT_WORDS: readonly (readonly [Unit, string])[] = [
  ['century', 'c cent centuries century'],
  ['day', 'd day days'],
  ['decade', 'dec decade decades decs'],
  ['hour', 'h hour hours hr hrs'],
  ['minute', 'm min mins minute minutes'],
  ['millennium', 'mil millennia millennium mils'],
  ['millisecond', 'millisecon ms msec msecond mseconds msecs'],
  ['month', 'mon mons month months'],
  ['quarter', 'qtr quarter'],
  ['second', 's sec second seconds secs'],
  ['timezone', 'timezone'],
  ['timezone_hour', 'timezone_h'],
  ['timezone_minute', 'timezone_m'],
  ['microsecond', 'microsecon us usec usecond useconds usecs'],
  ['week', 'w week weeks'],
  ['year', 'y year years yr yrs'],
];

function buildUnitTokens(): ReadonlyMap<string, Unit | 'ago'> {
  const table = new Map<string, Unit | 'ago'>([['ago', 'ago']]);
  for (const [unit, words] of UNIT_WORDS)
    for (const word of words.split(' ')) table.set(word, unit);
  return table;
}

/** Unit words of intervals, and of date_part and date_trunc. */
export const UNIT_TOKENS = buildUnitTokens();
