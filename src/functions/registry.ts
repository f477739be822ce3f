/**
 * Every function and operator there is, by name. OIDs of those that PostgreSQL has are PostgreSQL's;
 * the others are numbered from FIRST_OWN_OID up in the order of their names and argument types, so
 * they stay the same as long as no function is added before them.
 */
import type { Oid } from '../types/type.ts';
import { countAggregates } from './aggregate/count.ts';
import { extremeAggregates } from './aggregate/min-max.ts';
import { intervalAggregates, sumAggregates } from './aggregate/sum.ts';
import type { FunctionRegistry, ScalarFunction, SqlFunction, SqlOperator } from './function.ts';
import { OPERATOR_FACTS } from './operator-facts.ts';
import { PROC_OIDS } from './proc-oids.ts';
import { comparisonOperatorList } from './operators/comparison.ts';
import { floatArithmeticOperators } from './operators/float-arithmetic.ts';
import { intArithmeticOperators } from './operators/int-arithmetic.ts';
import { patternFunctions, patternOperatorList } from './operators/pattern.ts';
import { mathFunctions } from './scalar/math.ts';
import { randomFunctions } from './scalar/random.ts';
import { regexFunctions, regexTableFunctions } from './scalar/regex-functions.ts';
import { textFunctions } from './scalar/text.ts';
import { trigonometricFunctions } from './scalar/trigonometry.ts';
import { anyTextFunctions, anyTextOperators } from './scalar/text-any.ts';
import { binaryFunctions } from './scalar/binary.ts';
import { hashFunctions } from './scalar/hash.ts';
import { unicodeFunctions } from './scalar/unicode.ts';
import { arrayFunctions, arrayOperators, arrayTableFunctions } from './scalar/array.ts';
import { seriesFunctions } from './scalar/series.ts';
import { jsonBuildFunctions } from './json/build-functions.ts';
import { jsonRecordFunctions, jsonRecordTableFunctions } from './json/record-functions.ts';
import { jsonFunctions, jsonOperators, jsonTableFunctions } from './json/json-functions.ts';
import { jsonbFunctions, jsonbOperators, jsonbTableFunctions } from './json/jsonb-functions.ts';
import { hypertableFunctions, hypertableSizeFunctions } from './admin/hypertable-functions.ts';
import { serverFunctions } from './admin/server-functions.ts';
import { timeFunctions, timeOperators } from './time/index.ts';
import { statisticAggregates } from './aggregate/statistics.ts';
import { collectAggregates } from './aggregate/collect.ts';
import { bitAggregates } from './aggregate/bits.ts';
import { orderedSetAggregates } from './aggregate/ordered-set.ts';
import { timeSeriesAggregates } from './aggregate/time-series.ts';
import { windowFunctions } from './window/functions.ts';
import { sessionFunctions, sessionTableFunctions } from './system/session.ts';
import { sequenceFunctions } from './system/sequences.ts';
import { definitionFunctions } from './system/definitions.ts';
import { objectFunctions, sizeFunctions } from './system/objects.ts';
import { privilegeFunctions } from './system/privileges.ts';
import { catalogFunctions, catalogTableFunctions } from './system/catalog-functions.ts';
import { informationFunctions } from './system/information.ts';
import { keywordFunctions } from './system/keywords.ts';
import { timeZoneFunctions } from './system/time-zones.ts';
import { routineFunctions } from './system/routines.ts';

export const FIRST_OWN_OID: Oid = 10000;

const FUNCTIONS: readonly (readonly SqlFunction[])[] = [
  countAggregates,
  sumAggregates,
  intervalAggregates,
  extremeAggregates,
  textFunctions,
  patternFunctions,
  regexFunctions,
  regexTableFunctions,
  mathFunctions,
  trigonometricFunctions,
  randomFunctions,
  anyTextFunctions,
  binaryFunctions,
  hashFunctions,
  unicodeFunctions,
  arrayFunctions,
  arrayTableFunctions,
  seriesFunctions,
  jsonBuildFunctions,
  jsonFunctions,
  jsonTableFunctions,
  jsonbFunctions,
  jsonbTableFunctions,
  jsonRecordFunctions,
  jsonRecordTableFunctions,
  timeFunctions,
  hypertableFunctions,
  hypertableSizeFunctions,
  serverFunctions,
  statisticAggregates,
  collectAggregates,
  bitAggregates,
  orderedSetAggregates,
  timeSeriesAggregates,
  windowFunctions,
  sessionFunctions,
  sessionTableFunctions,
  sequenceFunctions,
  definitionFunctions,
  objectFunctions,
  sizeFunctions,
  privilegeFunctions,
  catalogFunctions,
  catalogTableFunctions,
  informationFunctions,
  keywordFunctions,
  timeZoneFunctions,
];

const OPERATORS: readonly (readonly SqlOperator[])[] = [
  comparisonOperatorList,
  intArithmeticOperators,
  floatArithmeticOperators,
  patternOperatorList,
  anyTextOperators,
  arrayOperators,
  jsonOperators,
  jsonbOperators,
  timeOperators,
];

/** A registry that also knows the OIDs of operators. */
export interface Registry extends FunctionRegistry {
  operatorOid(operator: SqlOperator): Oid;
  operatorByOid(oid: Oid): SqlOperator | undefined;
}

interface OperatorFact {
  readonly oid: Oid;
  readonly functionName: string;
  readonly functionOid: Oid;
  readonly commutator: string | undefined;
  readonly negator: string | undefined;
}

/** Builds a registry over all built-in functions. */
export function createRegistry(): Registry {
  const operatorFacts = readOperatorFacts();
  const functionOids = new Map<SqlFunction, Oid>();
  const operatorOids = new Map<SqlOperator, Oid>();
  const made: { registry?: Registry } = {};
  const functions: SqlFunction[] = [
    ...FUNCTIONS.flat(),
    ...routineFunctions(() => made.registry as Registry),
  ];
  const known = new Set(functions.map(functionKey));
  const operatorFunctions = new Map<string, Oid>();
  const operators: SqlOperator[] = [];
  const ownOperators: SqlOperator[] = [];
  for (const plain of OPERATORS.flat()) {
    const fact = operatorFacts.get(operatorKey(plain));
    const named = withFacts(plain, fact);
    operators.push(named);
    if (fact === undefined) {
      ownOperators.push(named);
    } else {
      operatorOids.set(named, fact.oid);
      functionOids.set(named.fn, fact.functionOid);
      operatorFunctions.set(functionKey(named.fn), fact.functionOid);
    }
    const key = functionKey(named.fn);
    if (named.fn.name !== '' && !known.has(key)) {
      known.add(key);
      functions.push(named.fn);
    }
  }
  numberFunctions(functions, functionOids, operatorFunctions);
  let next = Math.max(FIRST_OWN_OID, ...functionOids.values());
  ownOperators.sort((a, b) => (operatorKey(a) < operatorKey(b) ? -1 : 1));
  for (const own of ownOperators) operatorOids.set(own, ++next);
  const registry = registryOver(functions, operators, functionOids, operatorOids);
  made.registry = registry;
  return registry;
}

function registryOver(
  functions: readonly SqlFunction[],
  operators: readonly SqlOperator[],
  functionOids: ReadonlyMap<SqlFunction, Oid>,
  operatorOids: ReadonlyMap<SqlOperator, Oid>,
): Registry {
  const functionsByName = groupBy(functions, (fn) => fn.name);
  const operatorsByName = groupBy(operators, (operator) => operator.name);
  const functionsByOid = new Map([...functionOids].map(([fn, oid]) => [oid, fn]));
  const operatorsByOid = new Map([...operatorOids].map(([operator, oid]) => [oid, operator]));
  return {
    functions: (name) => functionsByName.get(name) ?? [],
    operators: (name) => operatorsByName.get(name) ?? [],
    all: () => functions,
    allOperators: () => operators,
    functionOid: (fn) => functionOids.get(fn) ?? 0,
    functionByOid: (oid) => functionsByOid.get(oid),
    operatorOid: (operator) => operatorOids.get(operator) ?? 0,
    operatorByOid: (oid) => operatorsByOid.get(oid),
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function withFacts(plain: SqlOperator, fact: OperatorFact | undefined): SqlOperator {
  if (fact === undefined) return plain;
  const fn: ScalarFunction =
    plain.fn.name === '' ? { ...plain.fn, name: fact.functionName } : plain.fn;
  return {
    ...plain,
    fn,
    commutator: plain.commutator ?? fact.commutator,
    negator: plain.negator ?? fact.negator,
  };
}

function operatorKey(operator: { name: string; left: Oid; right: Oid }): string {
  return `${operator.name} ${operator.left} ${operator.right}`;
}

function functionKey(fn: { name: string; argTypes: readonly Oid[] }): string {
  return `${fn.name} ${fn.argTypes.join(',')}`;
}

function readOperatorFacts(): Map<string, OperatorFact> {
  const facts = new Map<string, OperatorFact>();
  for (const line of OPERATOR_FACTS.trim().split('\n')) {
    const [oid, name, left, right, functionName, functionOid, commutator, negator] = line.split(
      ' ',
    ) as [string, string, string, string, string, string, string, string];
    facts.set(`${name} ${left} ${right}`, {
      oid: Number(oid),
      functionName,
      functionOid: Number(functionOid),
      commutator: commutator === '-' ? undefined : commutator,
      negator: negator === '-' ? undefined : negator,
    });
  }
  return facts;
}

/** Gives every function PostgreSQL's OID where it has one, else the next of ours. */
function numberFunctions(
  functions: readonly SqlFunction[],
  oids: Map<SqlFunction, Oid>,
  operatorFunctions: ReadonlyMap<string, Oid>,
): void {
  const facts = readProcOids();
  const own: SqlFunction[] = [];
  for (const fn of functions) {
    const key = functionKey(fn);
    const oid = facts.get(key) ?? operatorFunctions.get(key);
    if (oid !== undefined) oids.set(fn, oid);
    else if (!oids.has(fn)) own.push(fn);
  }
  own.sort((a, b) => (functionKey(a) < functionKey(b) ? -1 : 1));
  let next = FIRST_OWN_OID;
  for (const fn of own) oids.set(fn, next++);
}

function readProcOids(): Map<string, Oid> {
  const facts = new Map<string, Oid>();
  for (const line of PROC_OIDS.trim().split('\n')) {
    const [name, ...overloads] = line.split(' ');
    for (const overload of overloads) {
      const [args, oid] = overload.split('=');
      facts.set(`${name} ${args}`, Number(oid));
    }
  }
  return facts;
}

/** The one registry of a process: functions have no state. */
export const builtinRegistry: Registry = createRegistry();
