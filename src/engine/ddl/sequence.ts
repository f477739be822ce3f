/** CREATE SEQUENCE, ALTER SEQUENCE, and the sequences behind serial and identity columns. */
import type { SequenceDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import {
  nameList,
  nodeAs,
  type Node,
  type NodeBody,
  type RangeVar,
  type TypeName,
} from '../../parse/ast.ts';
import { OID, type Oid } from '../../types/type.ts';
import { toInt64 } from '../../types/value.ts';
import type { SessionContext } from '../session-context.ts';
import { columnType } from './column-definition.ts';
import { requireOwner } from '../privileges.ts';
import { parseInt64 } from '../../types/int.ts';
import {
  findRelation,
  mustFindRelation,
  mustFindTable,
  noteExisting,
  requireFreeName,
} from './names.ts';
import { creationSchemaFor } from './temporary.ts';

const RANGES = new Map<Oid, readonly [bigint, bigint]>([
  [OID.int2, [-32768n, 32767n]],
  [OID.int4, [-2147483648n, 2147483647n]],
  [OID.int8, [-9223372036854775808n, 9223372036854775807n]],
]);

interface SequenceRequest {
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly type: Oid;
  readonly options: readonly Node[];
  readonly ownedBy?: SequenceDescriptor['ownedBy'];
}

/** Option values of a CREATE or ALTER SEQUENCE, by lower-case name. */
function optionMap(options: readonly Node[]): Map<string, Node | undefined> {
  const map = new Map<string, Node | undefined>();
  for (const node of options) {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) continue;
    if (map.has(element.defname)) throw dbError('syntax_error', 'conflicting or redundant options');
    map.set(element.defname, element.arg);
  }
  return map;
}

function integerOption(node: Node | undefined): bigint | undefined {
  if (node === undefined) return undefined;
  const integer = nodeAs(node, 'Integer');
  if (integer !== undefined) return BigInt(integer.ival ?? 0);
  const float = nodeAs(node, 'Float');
  return float?.fval === undefined ? undefined : BigInt(parseInt64(float.fval));
}

export function sequenceDescriptor(
  session: SessionContext,
  request: SequenceRequest,
): SequenceDescriptor {
  const options = optionMap(request.options);
  const typeNode = nodeAs(options.get('as'), 'TypeName');
  const type =
    typeNode === undefined ? request.type : columnType(session, typeNode as TypeName, '').oid;
  const range = RANGES.get(type);
  if (range === undefined) {
    throw dbError('invalid_parameter_value', 'sequence type must be smallint, integer, or bigint');
  }
  const increment = integerOption(options.get('increment')) ?? 1n;
  if (increment === 0n) throw dbError('invalid_parameter_value', 'INCREMENT must not be zero');
  const ascending = increment > 0n;
  const minimum = integerOption(options.get('minvalue')) ?? (ascending ? 1n : range[0]);
  const maximum = integerOption(options.get('maxvalue')) ?? (ascending ? range[1] : -1n);
  const start = integerOption(options.get('start')) ?? (ascending ? minimum : maximum);
  const cache = integerOption(options.get('cache')) ?? 1n;
  requireRange(type, minimum, maximum, start, range);
  if (cache < 1n)
    throw dbError('invalid_parameter_value', `CACHE (${cache}) must be greater than zero`);
  return {
    kind: 'sequence',
    oid: request.oid,
    name: request.name,
    schema: request.schema,
    owner: session.currentUser(),
    type,
    start: String(start),
    increment: String(increment),
    minimum: String(minimum),
    maximum: String(maximum),
    cache: Number(cache),
    cycle: nodeAs(options.get('cycle'), 'Boolean')?.boolval === true,
    ownedBy: ownerOption(session, options) ?? request.ownedBy,
  };
}

function requireRange(
  type: Oid,
  minimum: bigint,
  maximum: bigint,
  start: bigint,
  range: readonly [bigint, bigint],
): void {
  const invalid = (message: string): never => {
    throw dbError('invalid_parameter_value', message);
  };
  const name = type === OID.int2 ? 'smallint' : type === OID.int4 ? 'integer' : 'bigint';
  if (maximum > range[1] || maximum < range[0]) {
    invalid(`MAXVALUE (${maximum}) is out of range for sequence data type ${name}`);
  }
  if (minimum > range[1] || minimum < range[0]) {
    invalid(`MINVALUE (${minimum}) is out of range for sequence data type ${name}`);
  }
  if (minimum >= maximum) invalid(`MINVALUE (${minimum}) must be less than MAXVALUE (${maximum})`);
  if (start < minimum) invalid(`START value (${start}) cannot be less than MINVALUE (${minimum})`);
  if (start > maximum)
    invalid(`START value (${start}) cannot be greater than MAXVALUE (${maximum})`);
}

function ownerOption(
  session: SessionContext,
  options: Map<string, Node | undefined>,
): SequenceDescriptor['ownedBy'] {
  const list = nodeAs(options.get('owned_by'), 'List');
  if (list === undefined) return undefined;
  const names = nameList(list.items);
  if (names.length === 1 && names[0] === 'none') return undefined;
  const column = names.at(-1) ?? '';
  const tableName: RangeVar = { relname: names.at(-2) ?? '' };
  if (names.length > 2) tableName.schemaname = names.at(-3) as string;
  const table = mustFindTable(session, tableName);
  const found = table.columns.find(
    (candidate) => candidate.name === column && candidate.dropped !== true,
  );
  if (found === undefined) {
    throw dbError(
      'undefined_column',
      `column "${column}" of relation "${table.name}" does not exist`,
    );
  }
  return { table: table.oid, column: found.attnum };
}

export async function createSequence(
  session: SessionContext,
  node: NodeBody<'CreateSeqStmt'>,
): Promise<string> {
  const name = node.sequence as RangeVar;
  const schema = await creationSchemaFor(session, name);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  if (
    session.catalog().relationByName(schema, name.relname ?? '') !== undefined &&
    node.if_not_exists === true
  ) {
    noteExisting(session, 'duplicate_table', `relation "${name.relname}"`);
    return 'CREATE SEQUENCE';
  }
  requireFreeName(session.catalog(), schema, name.relname ?? '');
  const object = sequenceDescriptor(session, {
    oid: await transaction.allocateOid(),
    name: name.relname ?? '',
    schema,
    type: OID.int8,
    options: node.options ?? [],
  });
  await transaction.changeCatalog([{ change: 'put', object }]);
  return 'CREATE SEQUENCE';
}

export async function alterSequence(
  session: SessionContext,
  node: NodeBody<'AlterSeqStmt'>,
): Promise<string> {
  const name = node.sequence as RangeVar;
  const sequence = findRelation(session, name);
  if (sequence === undefined && node.missing_ok === true) {
    session.notice('NOTICE', `relation "${name.relname}" does not exist, skipping`);
    return 'ALTER SEQUENCE';
  }
  const found = sequence ?? mustFindRelation(session, name);
  if (found.kind !== 'sequence') {
    throw dbError('wrong_object_type', `"${found.name}" is not a sequence`);
  }
  requireOwner(session, found);
  if (
    isIdentitySequence(session, found) &&
    (node.options ?? []).some((option) => nodeAs(option, 'DefElem')?.defname === 'owned_by')
  ) {
    throw dbError('feature_not_supported', {
      message: 'cannot change ownership of identity sequence',
      detail: `Sequence "${found.name}" is linked to table "${session.catalog().relation(found.ownedBy?.table ?? 0)?.name ?? ''}".`,
    });
  }
  await session.transaction.current().changeCatalog([]);
  await changeSequence(session, found, node.options ?? []);
  return 'ALTER SEQUENCE';
}

/** Whether a sequence belongs to an identity column. */
export function isIdentitySequence(session: SessionContext, sequence: SequenceDescriptor): boolean {
  const table = session.catalog().relation(sequence.ownedBy?.table ?? 0);
  return (
    table?.kind === 'table' &&
    table.columns.some((column) => column.identitySequence === sequence.oid)
  );
}

/** Options that are not named keep their value; RESTART moves the counter. */
export async function changeSequence(
  session: SessionContext,
  sequence: SequenceDescriptor,
  given: readonly Node[],
): Promise<void> {
  const options = optionMap(given);
  const restart = options.has('restart');
  const kept = keptOptions(withType(session, sequence, options.get('as')), options);
  const object = sequenceDescriptor(session, {
    oid: sequence.oid,
    name: sequence.name,
    schema: sequence.schema,
    type: sequence.type,
    ownedBy: options.has('owned_by') ? undefined : sequence.ownedBy,
    options: [
      ...kept,
      ...given.filter((option) => nodeAs(option, 'DefElem')?.defname !== 'restart'),
    ],
  });
  const transaction = session.transaction.current();
  const { owner, acl, comment } = sequence;
  await transaction.changeCatalog([{ change: 'put', object: { ...object, owner, acl, comment } }]);
  if (!restart) return;
  const restartValue = integerOption(options.get('restart')) ?? BigInt(object.start);
  requireWithin('RESTART', restartValue, object);
  transaction.restartSequence(sequence.oid, toInt64(restartValue));
}

function requireWithin(
  word: string,
  value: bigint,
  { minimum, maximum }: SequenceDescriptor,
): void {
  if (value < BigInt(minimum)) {
    throw dbError(
      'invalid_parameter_value',
      `${word} value (${value}) cannot be less than MINVALUE (${minimum})`,
    );
  }
  if (value > BigInt(maximum)) {
    throw dbError(
      'invalid_parameter_value',
      `${word} value (${value}) cannot be greater than MAXVALUE (${maximum})`,
    );
  }
}

/** The limits that ALTER SEQUENCE AS leaves: those of the old type become those of the new one. */
function withType(
  session: SessionContext,
  sequence: SequenceDescriptor,
  as: Node | undefined,
): SequenceDescriptor {
  const node = nodeAs(as, 'TypeName');
  const before = RANGES.get(sequence.type);
  const after = node && RANGES.get(columnType(session, node as TypeName, '').oid);
  if (before === undefined || after === undefined) return sequence;
  const { minimum, maximum } = sequence;
  return {
    ...sequence,
    minimum: minimum === String(before[0]) ? String(after[0]) : minimum,
    maximum: maximum === String(before[1]) ? String(after[1]) : maximum,
  };
}

/** All options of a sequence, as CREATE SEQUENCE would give them. */
export function sequenceOptions(sequence: SequenceDescriptor): Node[] {
  return keptOptions(sequence, new Map());
}

function keptOptions(sequence: SequenceDescriptor, given: Map<string, Node | undefined>): Node[] {
  const values: readonly (readonly [string, string])[] = [
    ['increment', sequence.increment],
    ['minvalue', sequence.minimum],
    ['maxvalue', sequence.maximum],
    ['start', sequence.start],
    ['cache', String(sequence.cache)],
  ];
  const nodes: Node[] = values
    .filter(([name]) => !given.has(name))
    .map(([defname, fval]) => ({ DefElem: { defname, arg: { Float: { fval } } } }));
  if (!given.has('cycle')) {
    nodes.push({ DefElem: { defname: 'cycle', arg: { Boolean: { boolval: sequence.cycle } } } });
  }
  return nodes;
}
