/** Random literals of every supported type as SQL text, with a bias to the edges of each type. */
import type { SeededRandom } from '../differential/seeded-random.ts';
import { OID, type Oid } from '../../src/types/type.ts';
import { typeInfo } from '../../src/types/type-table.ts';

const INTEGERS = ['0', '1', '-1', '2', '3', '7', '12', '32', '63', '64', '100'];
const INTEGER_EDGES: Readonly<Record<string, readonly string[]>> = {
  int2: ['-32768', '32767'],
  int4: ['-2147483648', '2147483647', '2000000000', '1000000', '65536'],
  int8: ['-9223372036854775808', '9223372036854775807', '9007199254740993', '4294967296'],
  oid: ['1259', '16384', '4294967295', '2147483648'],
};
const FLOATS = ['0', '-0', '1.5', '-2.25', '1e-40', '3e38', 'NaN', 'Infinity', '-Infinity', '1e10'];
const WIDE_FLOATS = ['1e308', '-1e308', '5e-324', '1e-300', '9.3e18'];
const NUMERICS = [
  '0',
  '1',
  '-1.50',
  '0.000000000000000000001',
  '99999999999999999999999999.99',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e131071',
  '1e-1000',
  '123456789.123456789',
  '-9223372036854775809',
  '2.5',
  '1e20',
];
const TEXTS = [
  '',
  'a',
  'abc',
  ' ',
  'A b',
  '%',
  '_',
  '\\',
  '(a',
  '[',
  'a{1,',
  '(a|b)*c',
  '(a*)*b',
  '((a+)+)+$',
  '\\1',
  '(.)\\1',
  '^',
  '$',
  'x{255}',
  '\\d+',
  '\\m\\w+\\M',
  'g',
  'gi',
  'zz',
  'é',
  '😀',
  'ß',
  'İ',
  '%s',
  '%1$s',
  '%2147483647s',
  '%*s',
  '%-1000I',
  '%L',
  'YYYY-MM-DD HH24:MI:SS.US',
  '9999.99',
  'RN',
  '999D99EEEE',
  'FM999,999',
  'SG9PR',
  'V99',
  'TH',
  'J',
  'IYYY-IW-ID',
  'Month',
  'TZH:TZM',
  'OF',
  'SSSS',
  'BC',
  'year',
  'century',
  'epoch',
  'isoyear',
  'millennium',
  'timezone',
  'julian',
  'week',
  'UTC',
  'Europe/Berlin',
  '+99:99',
  'EST5EDT',
  'Nowhere/Place',
  '<+03>-3',
  '-infinity',
  'infinity',
  '2021-02-30',
  '294276-12-31',
  '4713-01-01 BC',
  '1 year',
  'base64',
  'hex',
  'escape',
  'UTF8',
  'LATIN1',
  'NFC',
  'pg_class',
  'pg_catalog.pg_class',
  't',
  'public',
  'select',
  '{a,b}',
  '{1,NULL}',
  '$.a',
  '$',
  '[1,2',
  '{"a":1}',
  'null',
  '1',
  '-1',
  '0x',
  '1e400',
  'search_path',
  'timezone',
  'h',
];
const DATES = [
  '2000-01-01',
  '1970-01-01',
  '2024-02-29',
  'infinity',
  '-infinity',
  '4713-01-01 BC',
  '5874897-12-31',
  '0001-01-01',
  '1999-12-31',
];
const TIMESTAMPS = [
  '2000-01-01 00:00:00',
  '2024-02-29 23:59:59.999999',
  'infinity',
  '-infinity',
  '4713-01-01 00:00:00 BC',
  '294276-12-31 23:59:59.999999',
  '1582-10-15 12:00:00',
  '2021-03-28 02:30',
];
const TIMES = ['00:00:00', '24:00:00', '12:34:56.789', '23:59:59.999999'];
const TIMES_TZ = ['00:00:00+00', '24:00:00-15:59', '12:34:56.789+15:59', '01:02:03+05:30'];
const INTERVALS = [
  '0',
  '1 day',
  '-1 month',
  '1 microsecond',
  '178000000 years',
  '-178000000 years',
  '2147483647 days',
  '-2147483648 months',
  '1 mon -1 day 00:00:01',
  '9223372036854 seconds',
  '-1 microsecond',
  '5 minutes',
  '1 hour',
  '1 year 2 months',
];
const JSONS = [
  'null',
  '1',
  '"a"',
  '{}',
  '[]',
  '{"a":{"b":[1,2,null]}}',
  '[1,[2,[3]]]',
  '1e400',
  '{"a":1,"a":2}',
  '"\\u0041"',
  '[{"a":1,"b":"x"},{"a":null}]',
  '-0.0',
  '{"":""}',
  'true',
];
const ADDRESSES = ['0.0.0.0', '10.0.0.0/8', '255.255.255.255', '::', '::1/128', 'ffff::/16'];
const NETWORKS = ['0.0.0.0/0', '10.0.0.0/8', '::/0', '192.168.1.0/24'];
const MACS = ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '08:00:2b:01:02:03'];
const UUIDS = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
const BITS = ['\\x', '\\x00', '\\xdeadbeef', '\\xff00ff00ff'];

const POOLS = new Map<string, readonly string[]>([
  ['int2', [...INTEGERS, ...(INTEGER_EDGES.int2 ?? [])]],
  ['int4', [...INTEGERS, ...(INTEGER_EDGES.int4 ?? [])]],
  ['int8', [...INTEGERS, ...(INTEGER_EDGES.int4 ?? []), ...(INTEGER_EDGES.int8 ?? [])]],
  ['oid', ['0', '1', '23', ...(INTEGER_EDGES.oid ?? [])]],
  ['float4', FLOATS],
  ['float8', [...FLOATS, ...WIDE_FLOATS]],
  ['numeric', NUMERICS],
  ['bool', ['t', 'f']],
  ['text', TEXTS],
  ['varchar', TEXTS],
  ['bpchar', TEXTS],
  ['name', TEXTS],
  ['char', ['', 'a', 'é', '\\']],
  ['bytea', BITS],
  ['date', DATES],
  ['timestamp', TIMESTAMPS],
  ['timestamptz', TIMESTAMPS.map((text) => text.replace(/^(\d.*\d)( BC)?$/, '$1+00$2'))],
  ['time', TIMES],
  ['timetz', TIMES_TZ],
  ['interval', INTERVALS],
  ['json', JSONS],
  ['jsonb', JSONS],
  ['inet', ADDRESSES],
  ['cidr', NETWORKS],
  ['macaddr', MACS],
  ['uuid', UUIDS],
  ['regclass', ['pg_class', 'fuzz_table', 'fuzz_hyper', '0', '99999999']],
  ['regtype', ['int4', 'text[]', '0']],
  ['regproc', ['now', '0']],
  ['regprocedure', ['sqrt(float8)', '0']],
  ['regrole', ['postgres', '0']],
  ['regnamespace', ['public', '0']],
  ['oidvector', ['', '1 2 3']],
  ['int2vector', ['', '1 2 3']],
]);

/** Types that stand in for the polymorphic ones. */
const ANY_TYPES: readonly string[] = [
  'int4',
  'int8',
  'text',
  'float8',
  'numeric',
  'timestamptz',
  'interval',
  'jsonb',
  'bool',
  'uuid',
  'date',
  'bytea',
  'time',
  'inet',
  'float4',
  'int2',
  'varchar',
];

const ANY_ELEMENT = new Set<Oid>([2283, 2776, 5077, 5079, 2276]);
const ANY_ARRAY = new Set<Oid>([2277, 5078]);

export class RandomLiterals {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** A literal cast to the type `oid`; `any` stands for the polymorphic types within one call. */
  ofType(oid: Oid, any: string): string {
    if (ANY_ELEMENT.has(oid)) return this.#named(oid === 2276 ? this.anyType() : any);
    if (ANY_ARRAY.has(oid)) return this.#array(any);
    const info = typeInfo(oid);
    if (info === undefined) return 'NULL';
    if (info.element !== 0 && info.name.startsWith('_')) {
      return this.#array(typeInfo(info.element)?.name ?? 'text');
    }
    return this.#named(info.name);
  }

  /** The name of a random plain type. */
  anyType(): string {
    return this.#random.pick(ANY_TYPES);
  }

  /** The text of a random value of a type, unquoted. */
  text(type: string): string {
    const random = this.#random;
    const pool = POOLS.get(type);
    if (pool === undefined) return '';
    const text = random.pick(pool);
    if (pool !== TEXTS || random.chance(0.7)) return text;
    return random.chance(0.5) ? text + random.pick(TEXTS) : text.repeat(random.int(0, 40));
  }

  #named(type: string): string {
    if (this.#random.chance(0.08)) return `NULL::${quoted(type)}`;
    return `${literal(this.text(type))}::${quoted(type)}`;
  }

  #array(element: string): string {
    const random = this.#random;
    if (random.chance(0.08)) return `NULL::${quoted(element)}[]`;
    const items = (): string => {
      const count = random.int(0, 4);
      return Array.from({ length: count }, () => this.#item(element)).join(',');
    };
    const shape = random.int(0, 9);
    if (shape === 0) return `${literal('{}')}::${quoted(element)}[]`;
    if (shape === 1)
      return `${literal(`[2147483647:2147483647]={${this.#item(element)}}`)}::${quoted(element)}[]`;
    if (shape === 2)
      return `${literal(`[-5:-4][0:0]={{${this.#item(element)}},{NULL}}`)}::${quoted(element)}[]`;
    return `${literal(`{${items()}}`)}::${quoted(element)}[]`;
  }

  #item(element: string): string {
    if (this.#random.chance(0.1)) return 'NULL';
    return `"${this.text(element).replace(/["\\]/g, '\\$&')}"`;
  }
}

function quoted(type: string): string {
  return type === 'char' ? '"char"' : type;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** OIDs whose values no literal can give. */
export const UNWRITABLE: ReadonlySet<Oid> = new Set([OID.unknown, 2281, 2249, 2278]);
