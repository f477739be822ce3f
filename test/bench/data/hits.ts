/**
 * A table like ClickBench's `hits`: the columns that its queries use, with few values that are frequent and
 * many that are rare, in the order of time as a log has it.
 */
import {
  BATCH_ROWS,
  type Batch,
  type Column,
  type ColumnData,
  type ColumnKind,
  type Dataset,
  type Dictionary,
  type Table,
} from './dataset.ts';
import { randomFrom, type Random } from './random.ts';

const DAY = 86_400;
const START_SECONDS = Date.UTC(2013, 6, 1) / 1000;

const KINDS: readonly (readonly [name: string, kind: ColumnKind])[] = [
  ['WatchID', 'bigint'],
  ['EventTime', 'timestamp'],
  ['EventDate', 'date'],
  ['CounterID', 'int'],
  ['ClientIP', 'int'],
  ['RegionID', 'int'],
  ['UserID', 'bigint'],
  ['URL', 'text'],
  ['Referer', 'text'],
  ['Title', 'text'],
  ['SearchPhrase', 'text'],
  ['SearchEngineID', 'smallint'],
  ['AdvEngineID', 'smallint'],
  ['TraficSourceID', 'smallint'],
  ['MobilePhone', 'smallint'],
  ['MobilePhoneModel', 'text'],
  ['IsRefresh', 'smallint'],
  ['IsLink', 'smallint'],
  ['IsDownload', 'smallint'],
  ['DontCountHits', 'smallint'],
  ['ResolutionWidth', 'smallint'],
  ['WindowClientWidth', 'smallint'],
  ['WindowClientHeight', 'smallint'],
  ['URLHash', 'bigint'],
  ['RefererHash', 'bigint'],
];

export const HITS: Table = {
  name: 'hits',
  columns: KINDS.map(([name, kind]): Column => ({ name, kind })),
  indexes: [],
  orderBy: ['CounterID', 'EventDate', 'UserID', 'EventTime', 'WatchID'],
  timeColumn: 'EventTime',
  chunkInterval: '7 days',
};

/** Values that ClickBench's queries ask for. */
const KNOWN = {
  user: '435090932899640449',
  urlHash: '2868770270353813622',
  refererHash: '3594120000172545465',
} as const;

export function hits(rows: number, seed: number): Dataset {
  return {
    key: ['hits', rows, seed].join('-'),
    tables: [HITS],
    batches: () => batches(rows, seed),
  };
}

function* batches(rows: number, seed: number): Generator<Batch> {
  const random = randomFrom(seed);
  const words = dictionaries(rows, random);
  for (let first = 0; first < rows; first += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - first);
    yield { table: HITS, rows: count, columns: columns(count, first / rows, rows, words, random) };
  }
}

interface Words {
  readonly users: Dictionary;
  readonly urls: Dictionary;
  readonly urlHashes: Dictionary;
  readonly referers: Dictionary;
  readonly refererHashes: Dictionary;
  readonly titles: Dictionary;
  readonly phrases: Dictionary;
  readonly phones: Dictionary;
}

const SITES = [
  'google.com',
  'yandex.ru',
  'example.org',
  'news.example.com',
  'shop.test',
  'auto.test',
];
const TOPICS = 'weather house car ticket recipe phone film job map football tax garden'.split(' ');
const PHONES = ['', 'iPhone', 'iPad', 'Nexus 5', 'Lumia', 'Galaxy', 'Xperia', 'Optimus'];

function dictionaries(rows: number, random: Random): Words {
  const size = 4 * Math.max(500, Math.floor(rows / 32));
  const list = (count: number, word: (i: number) => string): Dictionary => ({
    words: Array.from({ length: count }, (_, i) => word(i)),
  });
  const big = (): string => {
    const high = BigInt(random.below(2 ** 31));
    return String((high << 32n) | BigInt(random.bits()));
  };
  const site = (i: number): string => (i % 500 === 7 ? SITES[0] : `${random.pick(SITES.slice(1))}`);
  const url = (i: number): string =>
    `http://${i % 3 === 0 ? 'www.' : ''}${site(i)}/${random.pick(TOPICS)}/${i}/${random.pick(TOPICS)}.html`;
  return {
    users: list(size, (i) => (i === 11 ? KNOWN.user : big())),
    urls: list(size, url),
    urlHashes: list(size, (i) => (i === 0 ? KNOWN.urlHash : big())),
    referers: list(size, (i) => (i === 0 ? '' : url(i))),
    refererHashes: list(size, (i) => (i === 1 ? KNOWN.refererHash : big())),
    titles: list(size / 4, (i) =>
      i % 97 === 5 ? `Google ${random.pick(TOPICS)} ${i}` : `${random.pick(TOPICS)} title ${i}`,
    ),
    phrases: list(size / 2, (i) =>
      i === 0 ? '' : `${random.pick(TOPICS)} ${random.pick(TOPICS)} ${i}`,
    ),
    phones: list(PHONES.length, (i) => PHONES[i]),
  };
}

/** Small numbers far more often than large ones. */
function skewed(random: Random, count: number, power = 3): number {
  return Math.floor(count * random.uniform() ** power);
}

function columns(
  count: number,
  share: number,
  rows: number,
  words: Words,
  random: Random,
): ColumnData[] {
  const numbers = (next: (row: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, row) => next(row));
  const codes = (next: (row: number) => number): Int32Array =>
    Int32Array.from({ length: count }, (_, row) => next(row));
  const text = (dictionary: Dictionary, of: Int32Array): ColumnData => ({ codes: of, dictionary });
  const chance = (probability: number): number => Number(random.uniform() < probability);

  const seconds = numbers((row) => {
    return START_SECONDS + Math.floor((share + row / rows) * 31 * DAY);
  });
  const users = codes(() => skewed(random, words.users.words.length));
  const urls = codes(() => skewed(random, words.urls.words.length));
  const referers = codes(() => skewed(random, words.referers.words.length, 4));
  const phrases = codes(() => chance(0.13) * skewed(random, words.phrases.words.length, 2));
  const phones = codes(() => chance(0.06) * (1 + skewed(random, PHONES.length - 1)));
  const value = (values: Float64Array): ColumnData => ({ values });
  return [
    value(numbers(() => random.below(2 ** 21) * 2 ** 32 + random.bits())),
    value(seconds.map((second) => second * 1e6)),
    value(seconds.map((second) => Math.floor(second / DAY))),
    value(numbers(() => (chance(0.1) === 1 ? 62 : 100 + skewed(random, 5000)))),
    value(numbers((row) => hashedAddress(users[row]))),
    value(numbers((row) => 1 + (((users[row] * 7919) % 7919) % 500) + skewed(random, 200))),
    text(words.users, users),
    text(words.urls, urls),
    text(words.referers, referers),
    text(
      words.titles,
      codes((row) => urls[row] >> 2),
    ),
    text(words.phrases, phrases),
    value(numbers((row) => (phrases[row] === 0 ? 0 : 1 + skewed(random, 40)))),
    value(numbers(() => chance(0.01) * (1 + skewed(random, 50)))),
    value(numbers(() => skewed(random, 12) - 1)),
    value(numbers((row) => phones[row] * 3)),
    text(words.phones, phones),
    value(numbers(() => chance(0.15))),
    value(numbers(() => chance(0.1))),
    value(numbers(() => chance(0.02))),
    value(numbers(() => chance(0.08))),
    value(numbers(() => [0, 1024, 1280, 1366, 1440, 1600, 1920][random.below(7)])),
    value(numbers(() => 300 + skewed(random, 1600, 1))),
    value(numbers(() => 200 + skewed(random, 900, 1))),
    text(words.urlHashes, urls),
    text(words.refererHashes, referers),
  ];
}

/** An address for each user, as a signed 32-bit number. */
function hashedAddress(user: number): number {
  return Math.imul(user + 1, 0x9e3779b1) | 0;
}
