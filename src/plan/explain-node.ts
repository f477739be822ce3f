/** What EXPLAIN says about each kind of node. */
import type { FormatSettings } from '../types/codec.ts';
import { typeInfo } from '../types/type-table.ts';
import { deparseExpr } from './deparse.ts';
import type { Expr, SubplanExpr } from './expr.ts';
import { transformExpr, walkExpr } from './expr-walk.ts';
import type { OutputColumn, PhysicalNode, TableScanNode, SortKey } from './physical.ts';

/** What a node tells of its run: a line of text, and what that is called in the JSON form. */
export type ExplainNote =
  | string
  | {
      readonly text: string;
      readonly properties: readonly (readonly [name: string, value: string | number])[];
    };

export interface ExplainMetrics {
  readonly rows: number;
  readonly batches: number;
  readonly loops: number;
  readonly startupMs: number;
  readonly totalMs: number;
  readonly notes: ReadonlyMap<string, ExplainNote>;
}

export interface ExplainedNode {
  /** Node Type of the JSON form. */
  readonly type: string;
  /** First line of the text form, without costs. */
  readonly label: string;
  readonly properties: readonly (readonly [string, unknown])[];
  readonly details: readonly Detail[];
  readonly output: readonly string[];
  readonly startupCost: number;
  readonly totalCost: number;
  readonly rows: number;
  readonly width: number;
  readonly metrics: ExplainMetrics | undefined;
  readonly children: readonly { readonly title: string; readonly node: ExplainedNode }[];
}

type Detail = readonly [name: string, value: ExplainNote];

interface Description {
  readonly type: string;
  readonly label?: string;
  readonly properties?: readonly (readonly [string, unknown])[];
  readonly details?: readonly (Detail | null)[];
  readonly inputs?: readonly PhysicalNode[];
  readonly named?: readonly { readonly title: string; readonly node: PhysicalNode }[];
}

export function explainNode(
  node: PhysicalNode,
  format: FormatSettings,
  metrics: ReadonlyMap<PhysicalNode, ExplainMetrics> | undefined,
): ExplainedNode {
  const printer = new ExprPrinter(format);
  const description = describe(node, printer);
  const own = metrics?.get(node);
  const children = [
    ...(description.named ?? []),
    ...printer.subplans
      .filter((plan) => plan.bindings.length === 0)
      .map((plan) => ({ title: `InitPlan ${plan.id}`, node: plan.plan })),
    ...(description.inputs ?? []).map((input) => ({ title: '', node: input })),
    ...printer.subplans
      .filter((plan) => plan.bindings.length > 0)
      .map((plan) => ({ title: `SubPlan ${plan.id}`, node: plan.plan })),
  ].map((child) => ({ title: child.title, node: explainNode(child.node, format, metrics) }));
  const below = children.reduce((sum, child) => sum + child.node.totalCost, 0);
  const work =
    Math.max(1, node.estimatedRows) * 0.01 +
    (children.length === 0 ? node.estimatedRows * 0.01 : 0);
  const blocking = ['sort', 'top-n', 'aggregate', 'hash-join', 'window', 'distinct'].includes(
    node.kind,
  );
  const notes: Detail[] = [...(own?.notes ?? [])].map(([name, value]) => [name, value] as const);
  return {
    type: description.type,
    label: description.label ?? description.type,
    properties: description.properties ?? [],
    details: [...(description.details ?? []).filter((detail) => detail !== null), ...notes],
    output: node.columns.map((column) => column.name),
    startupCost: blocking ? below : 0,
    totalCost: below + work,
    rows: Math.max(0, Math.round(node.estimatedRows)),
    width: node.columns.reduce((sum, column) => sum + widthOf(column), 0),
    metrics: own,
    children,
  };
}

function widthOf(column: OutputColumn): number {
  const length = typeInfo(column.type.oid)?.length ?? -1;
  return length > 0 ? length : 32;
}

/** Prints expressions over a node's input and collects the subplans in them. */
class ExprPrinter {
  readonly subplans: SubplanExpr[] = [];
  readonly #format: FormatSettings;

  constructor(format: FormatSettings) {
    this.#format = format;
  }

  print(expr: Expr, ...inputs: (readonly OutputColumn[])[]): string {
    const columns = inputs.flat();
    const special: string[] = [];
    const stand = (text: string, type: Expr['type']): Expr => {
      special.push(text);
      return { kind: 'column', type, index: -special.length };
    };
    const plain = transformExpr(expr, (node) => {
      if (node.kind === 'exec-param') return stand(`$${node.index}`, node.type);
      if (node.kind !== 'subplan') return node;
      if (!this.subplans.includes(node)) this.collect(node);
      return stand(
        node.bindings.length === 0 ? `(InitPlan ${node.id})` : `(SubPlan ${node.id})`,
        node.type,
      );
    });
    return deparseExpr(plain, {
      column: (index) => (index < 0 ? special[-index - 1] : (columns[index]?.name ?? '?')),
      indents: false,
      format: this.#format,
    });
  }

  /** Notes the subplans of an expression that is not printed. */
  collectFrom(exprs: readonly Expr[]): void {
    for (const expr of exprs) {
      walkExpr(expr, (node) => {
        if (node.kind === 'subplan') this.collect(node);
      });
    }
  }

  collect(plan: SubplanExpr): void {
    if (!this.subplans.some((known) => known.id === plan.id)) this.subplans.push(plan);
  }

  keys(keys: readonly SortKey[], columns: readonly OutputColumn[]): string {
    return keys
      .map((key) => {
        const nulls =
          key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
        return `${this.print(key.expr, columns)}${key.descending ? ' DESC' : ''}${nulls}`;
      })
      .join(', ');
  }
}

const JOIN_WORDS = {
  inner: '',
  left: ' Left',
  right: ' Right',
  full: ' Full',
  semi: ' Semi',
  anti: ' Anti',
} as const;
const JOIN_TYPES = {
  inner: 'Inner',
  left: 'Left',
  right: 'Right',
  full: 'Full',
  semi: 'Semi',
  anti: 'Anti',
} as const;

function latestOf({ latest, attnums, columns }: TableScanNode): Detail | null {
  if (latest === null) return null;
  const which = latest.newest ? 'newest' : 'oldest';
  if (latest.keys.length === 0) return ['Rows', which];
  const names = latest.keys.map((attnum) => columns[attnums.indexOf(attnum)].name);
  return ['Rows', `${which} of each ${names.join(', ')}`];
}

function describe(node: PhysicalNode, printer: ExprPrinter): Description {
  const filter = (expr: Expr | null): Detail | null =>
    expr === null ? null : ['Filter', printer.print(expr, node.columns)];
  switch (node.kind) {
    case 'table-scan': {
      const hyper = node.table.hypertable !== null;
      const type = hyper ? 'Hypertable Scan' : 'Seq Scan';
      const order: Detail | null =
        node.timeOrder === null ? null : ['Order', `time ${node.timeOrder.toUpperCase()}`];
      return {
        type,
        label: `${type} on ${node.table.name}`,
        properties: [
          ['Relation Name', node.table.name],
          ['Alias', node.table.name],
        ],
        details: [order, latestOf(node), filter(node.filter)],
      };
    }
    case 'index-scan':
      return describeIndexScan(node, printer, filter(node.filter));
    case 'virtual-scan':
      return {
        type: 'Seq Scan',
        label: `Seq Scan on ${node.table.name}`,
        properties: [['Relation Name', node.table.name]],
        details: [filter(node.filter)],
      };
    case 'values':
      printer.collectFrom(node.rows.flat());
      return node.rows.length === 1
        ? { type: 'Result' }
        : { type: 'Values Scan', label: 'Values Scan on "*VALUES*"' };
    case 'function-scan': {
      const names = node.functions.map((fn) => fn.fn.name).join(', ');
      printer.collectFrom(node.functions.flatMap((fn) => fn.args));
      return {
        type: 'Function Scan',
        label: `Function Scan on ${names}`,
        properties: [['Function Name', names]],
      };
    }
    case 'project-set':
      return { type: 'ProjectSet', inputs: [node.input] };
    case 'filter':
      return {
        type: 'Filter',
        details: [['Filter', printer.print(node.condition, node.input.columns)]],
        inputs: [node.input],
      };
    case 'project':
      printer.collectFrom(node.exprs);
      return { type: 'Result', label: 'Project', inputs: [node.input] };
    case 'aggregate':
      return describeAggregate(node, printer);
    case 'sort':
      return {
        type: 'Sort',
        details: [['Sort Key', printer.keys(node.keys, node.input.columns)]],
        inputs: [node.input],
      };
    case 'top-n':
      return {
        type: 'Top-N Sort',
        details: [['Sort Key', printer.keys(node.keys, node.input.columns)]],
        inputs: [node.input],
      };
    case 'bucket-window':
      return {
        type: 'Bucket Window',
        details: [['Buckets', node.newest ? 'newest first' : 'oldest first']],
        inputs: [node.input],
      };
    case 'limit':
      return { type: 'Limit', inputs: [node.input] };
    case 'distinct-on':
      return { type: 'Unique', inputs: [node.input] };
    case 'distinct':
      return {
        type: 'HashAggregate',
        details: [['Group Key', node.columns.map((column) => column.name).join(', ')]],
        inputs: [node.input],
      };
    case 'hash-join':
    case 'nested-loop':
    case 'function-loop':
      return describeJoin(node, printer);
    case 'append':
      return { type: 'Append', inputs: node.inputs };
    case 'set-operation': {
      const operation = `${node.operation === 'intersect' ? 'Intersect' : 'Except'}${node.all ? ' All' : ''}`;
      return {
        type: 'SetOp',
        label: `HashSetOp ${operation}`,
        properties: [['Command', operation]],
        inputs: [node.left, node.right],
      };
    }
    case 'window':
      printer.collectFrom(node.calls.flatMap((call) => call.args));
      return { type: 'WindowAgg', inputs: [node.input] };
    case 'cte-scan':
      return { type: 'CTE Scan', label: `CTE Scan ${node.cteId}` };
    case 'work-table':
      return { type: 'WorkTable Scan', label: `WorkTable Scan ${node.cteId}` };
    case 'with':
      return {
        type: 'With',
        named: node.ctes.map((cte) => ({ title: `CTE ${cte.name}`, node: cte.plan })),
        inputs: [node.body],
      };
    case 'choice':
      return {
        type: 'Choice',
        named: [
          { title: `Up to ${node.rowsMax} Rows`, node: node.few },
          { title: 'More Rows', node: node.many },
        ],
      };
    case 'recursive-union':
      return { type: 'Recursive Union', inputs: [node.seed, node.step] };
    case 'lock-rows':
      return { type: 'LockRows', inputs: [node.input] };
    case 'insert':
    case 'update':
    case 'delete': {
      const word = `${node.kind[0].toUpperCase()}${node.kind.slice(1)}`;
      return {
        type: 'ModifyTable',
        label: `${word} on ${node.table.name}`,
        properties: [
          ['Operation', word],
          ['Relation Name', node.table.name],
        ],
        inputs: [node.input],
      };
    }
  }
}

function describeIndexScan(
  node: Extract<PhysicalNode, { kind: 'index-scan' }>,
  printer: ExprPrinter,
  filter: Detail | null,
): Description {
  const key = (i: number) => {
    const attnum = node.index.keys[i]?.column;
    return node.table.columns.find((column) => column.attnum === attnum)?.name ?? '?';
  };
  const parts = node.equals.map((value, i) => `(${key(i)} = ${printer.print(value)})`);
  const next = key(node.equals.length);
  if (node.anyOf !== null) {
    const list = 'array' in node.anyOf ? [node.anyOf.array] : node.anyOf.values;
    parts.push(`(${next} = ANY (${list.map((value) => printer.print(value)).join(', ')}))`);
  }
  if (node.lower !== null)
    parts.push(`(${next} >${node.lower.inclusive ? '=' : ''} ${printer.print(node.lower.value)})`);
  if (node.upper !== null)
    parts.push(`(${next} <${node.upper.inclusive ? '=' : ''} ${printer.print(node.upper.value)})`);
  const joined = parts.length === 1 ? parts[0] : `(${parts.join(' AND ')})`;
  const condition: Detail | null = parts.length === 0 ? null : ['Index Cond', joined];
  return {
    type: 'Index Scan',
    label: `Index Scan using ${node.index.name} on ${node.table.name}`,
    properties: [
      ['Index Name', node.index.name],
      ['Relation Name', node.table.name],
      ['Alias', node.table.name],
    ],
    details: [condition, filter],
  };
}

function describeAggregate(
  node: Extract<PhysicalNode, { kind: 'aggregate' }>,
  printer: ExprPrinter,
): Description {
  for (const call of node.aggregates) printer.collectFrom(call.args);
  if (node.groups.length === 0) return { type: 'Aggregate', inputs: [node.input] };
  const groups = node.groups.map((group) => printer.print(group, node.input.columns));
  if (node.groupingSets === null)
    return {
      type: 'HashAggregate',
      details: [['Group Key', groups.join(', ')]],
      inputs: [node.input],
    };
  const sets = node.groupingSets.map(
    (set): Detail => [
      set.length === 0 ? 'Group Key' : 'Hash Key',
      set.length === 0 ? '()' : set.map((i) => groups[i]).join(', '),
    ],
  );
  return { type: 'MixedAggregate', details: sets, inputs: [node.input] };
}

function describeJoin(
  node: Extract<PhysicalNode, { kind: 'hash-join' | 'nested-loop' | 'function-loop' }>,
  printer: ExprPrinter,
): Description {
  const { left, right, joinType } = node;
  const properties = [['Join Type', JOIN_TYPES[joinType]]] as const;
  if (node.kind !== 'hash-join') {
    const join = printer;
    const detail: Detail | null =
      node.condition === null
        ? null
        : ['Join Filter', join.print(node.condition, left.columns, right.columns)];
    const label = `Nested Loop${joinType === 'inner' ? '' : `${JOIN_WORDS[joinType]} Join`}`;
    return { type: 'Nested Loop', label, properties, details: [detail], inputs: [left, right] };
  }
  const pairs = node.leftKeys.map(
    (key, i) =>
      `(${printer.print(key, left.columns)} = ${printer.print(node.rightKeys[i], right.columns)})`,
  );
  const condition: Detail = [
    'Hash Cond',
    pairs.length === 1 ? pairs[0] : `(${pairs.join(' AND ')})`,
  ];
  const filter: Detail | null =
    node.filter === null
      ? null
      : ['Join Filter', printer.print(node.filter, left.columns, right.columns)];
  const label = joinType === 'inner' ? 'Hash Join' : `Hash${JOIN_WORDS[joinType]} Join`;
  return {
    type: 'Hash Join',
    label,
    properties,
    details: [condition, filter],
    inputs: [left, right],
  };
}
