/** Access methods, operator families and classes, as PostgreSQL numbers them. */
import { OID, type Oid } from '../../types/type.ts';
import { typeInfo } from '../../types/type-table.ts';
import { FAMILY_OPERATORS, OPERATOR_CLASSES, OPERATOR_FAMILIES } from './facts/operator-classes.ts';
import { factLines } from './virtual-table.ts';

export interface AccessMethod {
  readonly oid: Oid;
  readonly name: string;
  readonly handler: Oid;
  readonly kind: 't' | 'i';
}

export const ACCESS_METHODS: readonly AccessMethod[] = [
  { oid: 2, name: 'heap', handler: 3, kind: 't' },
  { oid: 403, name: 'btree', handler: 330, kind: 'i' },
  { oid: 405, name: 'hash', handler: 331, kind: 'i' },
  { oid: 783, name: 'gist', handler: 332, kind: 'i' },
  { oid: 2742, name: 'gin', handler: 333, kind: 'i' },
  { oid: 3580, name: 'brin', handler: 335, kind: 'i' },
  { oid: 4000, name: 'spgist', handler: 334, kind: 'i' },
];

const BTREE = 403;

/** OID of an access method by name; btree's for a name that is not known. */
export function accessMethodOid(name: string): Oid {
  return ACCESS_METHODS.find((method) => method.name === name)?.oid ?? BTREE;
}

export interface OperatorFamily {
  readonly oid: Oid;
  readonly method: Oid;
  readonly name: string;
}

export interface OperatorClass extends OperatorFamily {
  readonly family: Oid;
  readonly inputType: Oid;
  readonly isDefault: boolean;
  readonly keyType: Oid;
}

export interface FamilyOperator {
  readonly family: Oid;
  readonly left: Oid;
  readonly right: Oid;
  readonly strategy: number;
  readonly operator: Oid;
  readonly method: Oid;
}

interface Facts {
  readonly families: readonly OperatorFamily[];
  readonly classes: readonly OperatorClass[];
  readonly operators: readonly FamilyOperator[];
  /** Default classes by method and input type. */
  readonly defaults: ReadonlyMap<string, Oid>;
}

let facts: Facts | undefined;

/** Operator families, classes and the operators of btree and hash families. */
export function operatorClassFacts(): Facts {
  return (facts ??= readFacts());
}

function readFacts(): Facts {
  const classes = factLines(OPERATOR_CLASSES).map(
    ([oid, method, name, family, inputType, isDefault, keyType]): OperatorClass => ({
      oid: Number(oid),
      method: Number(method),
      name: name as string,
      family: Number(family),
      inputType: Number(inputType),
      isDefault: isDefault === 't',
      keyType: Number(keyType),
    }),
  );
  const defaults = classes.filter((item) => item.isDefault);
  return {
    families: factLines(OPERATOR_FAMILIES).map(([oid, method, name]) => ({
      oid: Number(oid),
      method: Number(method),
      name: name as string,
    })),
    classes,
    operators: factLines(FAMILY_OPERATORS).map(
      ([family, left, right, strategy, operator, method]) => ({
        family: Number(family),
        left: Number(left),
        right: Number(right),
        strategy: Number(strategy),
        operator: Number(operator),
        method: Number(method),
      }),
    ),
    defaults: new Map(defaults.map((item) => [`${item.method} ${item.inputType}`, item.oid])),
  };
}

/** The default operator class that a method has for a type, 0 where it has none. */
export function defaultOperatorClass(method: Oid, type: Oid): Oid {
  const { defaults } = operatorClassFacts();
  for (const candidate of [type, ...widerTypes(type)]) {
    const found = defaults.get(`${method} ${candidate}`);
    if (found !== undefined) return found;
  }
  return 0;
}

/** Types whose operator class serves, where the type has none of its own. */
function widerTypes(type: Oid): readonly Oid[] {
  if (type === OID.varchar) return [OID.text];
  if (type === OID.cidr) return [OID.inet];
  const info = typeInfo(type);
  if (info === undefined) return [OID.record];
  if (info.isArray) return [OID.anyarray];
  return info.kind === 'r' ? [3831] : [];
}
