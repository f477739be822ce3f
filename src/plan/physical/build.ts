/** The builder behind planStatement: one method a family of nodes, columns pruned on the way down. */
import type { BindEnvironment } from '../bind/context.ts';
import type { ExecParamBinding, Expr } from '../expr.ts';
import { columnsOf, hasVolatileCall as isEffect } from '../expr-walk.ts';
import type { LogicalColumn, LogicalNode } from '../logical.ts';
import type { PhysicalNode, WindowFrame } from '../physical.ts';
import { estimateRows, type RowCounts } from './estimate.ts';
import { buildJoin } from './join.ts';
import { latestForAggregate, latestForDistinctOn } from './latest.ts';
import {
  outputs,
  placeExpr,
  placeKeys,
  positionsOf,
  type Built,
  type Positions,
} from './layout.ts';
import { buildModify } from './modify.ts';
import { buildScan } from './scan.ts';
import { buildLimit, buildSort } from './sort.ts';

/** A node without what `wrap` adds. */
type PartialNode = DistributiveOmit<PhysicalNode>;
type DistributiveOmit<T> = T extends unknown ? Omit<T, 'columns' | 'estimatedRows'> : never;
type Of<K extends LogicalNode['kind']> = Extract<LogicalNode, { kind: K }>;

export class PlanBuilder {
  readonly env: BindEnvironment;
  readonly counts: RowCounts;
  #execParams: number;
  #subplans = 0;
  #lastCte = 0;

  constructor(env: BindEnvironment, counts: RowCounts, execParams: number) {
    this.env = env;
    this.counts = counts;
    this.#execParams = execParams;
  }

  get execParams(): number {
    return this.#execParams;
  }

  newExecParam(): number {
    return this.#execParams++;
  }

  /** A number for rows that a plan keeps for itself; those of WITH queries count upwards. */
  newCte(): number {
    return --this.#lastCte;
  }

  /** Plans a whole statement or subquery: output is exactly the node's columns, in order. */
  buildRoot(node: LogicalNode): PhysicalNode {
    return this.buildExact(node, node.columns).node;
  }

  /** Plans a node so that its output is exactly these columns, in this order. */
  buildExact(node: LogicalNode, columns: readonly LogicalColumn[]): Built {
    const built = this.build(node, new Set(columns.map((column) => column.id)));
    const same =
      built.columns.length === columns.length &&
      columns.every((column, i) => built.columns[i].id === column.id);
    if (same) return built;
    const positions = positionsOf(built.columns);
    const exprs = columns.map(
      (column): Expr =>
        this.place({ kind: 'column', type: column.type, index: column.id }, positions),
    );
    return {
      node: {
        kind: 'project',
        input: built.node,
        exprs,
        columns: outputs(columns),
        estimatedRows: built.node.estimatedRows,
      },
      columns,
    };
  }

  /** Plans a node; the output has at least the required columns. */
  build(node: LogicalNode, required: ReadonlySet<number>): Built {
    switch (node.kind) {
      case 'scan':
        return this.scan(node, null, required);
      case 'values':
        return this.#values(node, required);
      case 'function-scan':
        return this.#functionScan(node);
      case 'project-set':
        return this.#projectSet(node, required);
      case 'filter':
        return this.#filter(node, required);
      case 'project':
        return this.#project(node, required);
      case 'aggregate':
        return this.#aggregate(node, required);
      case 'window':
        return this.#window(node, required);
      case 'sort':
        return buildSort(this, node, required);
      case 'limit':
        return buildLimit(this, node, required);
      case 'distinct': {
        const input = this.buildExact(node.input, node.columns);
        return this.wrap({ kind: 'distinct', input: input.node }, node.columns, node);
      }
      case 'distinct-on':
        return this.#distinctOn(node, required);
      case 'join':
        return buildJoin(this, node, required);
      case 'append':
        return this.#append(node, required);
      case 'set-operation': {
        const left = this.buildExact(node.left, node.left.columns).node;
        const right = this.buildExact(node.right, node.right.columns).node;
        return this.wrap(
          { kind: 'set-operation', operation: node.operation, all: node.all, left, right },
          node.columns,
          node,
        );
      }
      case 'cte-scan':
        return this.wrap({ kind: 'cte-scan', cteId: node.cteId }, node.columns, node);
      case 'work-table':
        return this.wrap({ kind: 'work-table', cteId: node.cteId }, node.columns, node);
      case 'with':
        return this.#with(node, required);
      case 'recursive-union': {
        const seed = this.buildExact(node.seed, node.seed.columns).node;
        const step = this.buildExact(node.step, node.step.columns).node;
        return this.wrap(
          { kind: 'recursive-union', cteId: node.cteId, seed, step, distinct: node.distinct },
          node.columns,
          node,
        );
      }
      case 'lock-rows':
        return this.#lockRows(node, required);
      case 'insert':
      case 'update':
      case 'delete':
        return buildModify(this, node);
    }
  }

  scan(node: Of<'scan'>, condition: Expr | null, required: ReadonlySet<number>): Built {
    return buildScan({
      scan: node,
      condition,
      required,
      catalog: this.env.catalog,
      counts: this.counts,
      place: (expr, positions) => this.place(expr, positions),
    });
  }

  /** Moves an expression onto the positions of an input, planning its subqueries. */
  place(expr: Expr, positions: Positions): Expr {
    return placeExpr(expr, positions, (subquery, place) => {
      const bindings = subquery.bindings.map(
        ({ param, value }): ExecParamBinding => ({
          param,
          value: place(value),
        }),
      );
      return {
        kind: 'subplan',
        type: subquery.type,
        mode: subquery.mode,
        plan: this.buildRoot(subquery.plan),
        bindings,
        test: subquery.test === null ? null : place(subquery.test),
        testParams: subquery.testParams,
        id: ++this.#subplans,
      };
    });
  }

  /** Completes a node with its output columns and estimate. */
  wrap(node: PartialNode, columns: readonly LogicalColumn[], source: LogicalNode): Built {
    const estimatedRows = Math.max(0, Math.round(estimateRows(source, this.counts)));
    return { node: { columns: outputs(columns), estimatedRows, ...node } as PhysicalNode, columns };
  }

  #values(node: Of<'values'>, required: ReadonlySet<number>): Built {
    const kept = node.columns.flatMap((column, i) =>
      required.has(column.id) || node.rows.some((row) => isEffect(row[i])) ? [i] : [],
    );
    const rows = node.rows.map((row) => kept.map((i) => this.place(row[i], new Map())));
    const order = node.order?.map((i) => kept.indexOf(i)).filter((i) => i >= 0);
    return this.wrap(
      { kind: 'values', rows, ...(order === undefined ? {} : { order }) },
      kept.map((i) => node.columns[i]),
      node,
    );
  }

  #functionScan(node: Of<'function-scan'>): Built {
    const functions = node.functions.map((fn) => ({
      ...fn,
      args: fn.args.map((arg) => this.place(arg, new Map())),
    }));
    const scan: PartialNode = {
      kind: 'function-scan',
      functions,
      withOrdinality: node.withOrdinality,
    };
    return this.wrap(scan, node.columns, node);
  }

  #projectSet(node: Of<'project-set'>, required: ReadonlySet<number>): Built {
    const needed = new Set(required);
    for (const fn of node.functions) for (const arg of fn.args) columnsOf(arg, needed);
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const functions = node.functions.map(({ fn, call, args }) => ({
      fn,
      call,
      args: args.map((arg) => this.place(arg, positions)),
    }));
    const columns = [...input.columns, ...node.functions.map((fn) => fn.column)];
    const set: PartialNode = { kind: 'project-set', input: input.node, functions };
    return this.wrap(set, columns, node);
  }

  #filter(node: Of<'filter'>, required: ReadonlySet<number>): Built {
    if (node.input.kind === 'scan') return this.scan(node.input, node.condition, required);
    const input = this.build(node.input, columnsOf(node.condition, new Set(required)));
    const condition = this.place(node.condition, positionsOf(input.columns));
    return this.wrap({ kind: 'filter', input: input.node, condition }, input.columns, node);
  }

  #project(node: Of<'project'>, required: ReadonlySet<number>): Built {
    // Columns that nobody reads are not computed, save those with effects.
    const kept = node.columns.flatMap((column, i) =>
      required.has(column.id) || isEffect(node.exprs[i]) ? [i] : [],
    );
    const needed = new Set<number>();
    for (const i of kept) columnsOf(node.exprs[i], needed);
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const exprs = kept.map((i) => this.place(node.exprs[i], positions));
    const columns = kept.map((i) => node.columns[i]);
    if (input.node.kind === 'values' && input.node.rows.length === 1 && needed.size === 0) {
      return this.wrap({ kind: 'values', rows: [exprs] }, columns, node);
    }
    const identity =
      exprs.length === input.columns.length &&
      exprs.every((expr, i) => expr.kind === 'column' && expr.index === i);
    if (identity) {
      const renamed = { ...input.node, columns: outputs(columns) } as PhysicalNode;
      return { node: renamed, columns };
    }
    return this.wrap({ kind: 'project', input: input.node, exprs }, columns, node);
  }

  #aggregate(node: Of<'aggregate'>, required: ReadonlySet<number>): Built {
    const aggregates = node.aggregates.filter((call) => required.has(call.column.id));
    const needed = new Set<number>();
    for (const group of node.groups) columnsOf(group.expr, needed);
    for (const call of aggregates) {
      for (const expr of [...call.args, ...call.directArgs, ...call.orderBy.map((key) => key.expr)])
        columnsOf(expr, needed);
      if (call.filter !== null) columnsOf(call.filter, needed);
    }
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const place = (expr: Expr): Expr => this.place(expr, positions);
    const bits = node.groupingColumn === null ? [] : [node.groupingColumn];
    const columns = [
      ...node.groups.map((group) => group.column),
      ...aggregates.map((call) => call.column),
      ...bits,
    ];
    const groups = node.groups.map((group) => place(group.expr));
    const calls = aggregates.map(
      ({ fn, call, args, directArgs, distinct, filter, orderBy, type }) => ({
        fn,
        call,
        distinct,
        type,
        args: args.map((arg) => place(arg)),
        directArgs: directArgs.map((arg) => place(arg)),
        filter: filter === null ? null : place(filter),
        orderBy: placeKeys(orderBy, place),
      }),
    );
    const { groupingSets } = node;
    const aggregate: PartialNode = {
      kind: 'aggregate',
      input: groupingSets === null ? latestForAggregate(input.node, groups, calls) : input.node,
      groups,
      groupingSets,
      aggregates: calls,
    };
    return this.wrap(aggregate, columns, node);
  }

  #window(node: Of<'window'>, required: ReadonlySet<number>): Built {
    const own = new Set(node.calls.map((call) => call.column.id));
    const needed = new Set([...required].filter((id) => !own.has(id)));
    for (const expr of node.partitionBy) columnsOf(expr, needed);
    for (const key of node.orderBy) columnsOf(key.expr, needed);
    for (const call of node.calls) {
      for (const arg of call.args) columnsOf(arg, needed);
      if (call.filter !== null) columnsOf(call.filter, needed);
    }
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const place = (expr: Expr): Expr => this.place(expr, positions);
    const columns = [...input.columns, ...node.calls.map((call) => call.column)];
    const window: PartialNode = {
      kind: 'window',
      input: input.node,
      partitionBy: node.partitionBy.map((expr) => place(expr)),
      orderBy: placeKeys(node.orderBy, place),
      frame: placeFrame(node.frame, place),
      calls: node.calls.map(({ fn, call, args, filter, type }) => ({
        fn,
        call,
        type,
        args: args.map((arg) => place(arg)),
        filter: filter === null ? null : place(filter),
      })),
    };
    return this.wrap(window, columns, node);
  }

  #distinctOn(node: Of<'distinct-on'>, required: ReadonlySet<number>): Built {
    const needed = new Set(required);
    for (const key of node.keys) columnsOf(key, needed);
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const keys = node.keys.map((key) => this.place(key, positions));
    const sorted = latestForDistinctOn(input.node, keys);
    return this.wrap({ kind: 'distinct-on', input: sorted, keys }, input.columns, node);
  }

  #append(node: Of<'append'>, required: ReadonlySet<number>): Built {
    const kept = node.columns.flatMap((column, i) => (required.has(column.id) ? [i] : []));
    const inputs = node.inputs.map(
      (input) =>
        this.buildExact(
          input,
          kept.map((i) => input.columns[i]),
        ).node,
    );
    return this.wrap(
      { kind: 'append', inputs },
      kept.map((i) => node.columns[i]),
      node,
    );
  }

  #with(node: Of<'with'>, required: ReadonlySet<number>): Built {
    const ctes = node.ctes.map(({ cteId, name, plan, modifying }) => ({
      cteId,
      name,
      modifying,
      plan: this.buildRoot(plan),
    }));
    const body = this.build(node.body, required);
    return this.wrap({ kind: 'with', ctes, body: body.node }, body.columns, node);
  }

  #lockRows(node: Of<'lock-rows'>, required: ReadonlySet<number>): Built {
    const needed = new Set([...required, ...node.targets.map((target) => target.rowRefId)]);
    const input = this.build(node.input, needed);
    const positions = positionsOf(input.columns);
    const targets = node.targets.map(({ table, rowRefId }) => ({
      table,
      rowRefPosition: positions.get(rowRefId) as number,
    }));
    const lock: PartialNode = {
      kind: 'lock-rows',
      input: input.node,
      targets,
      strength: node.strength,
      wait: node.wait,
    };
    return this.wrap(lock, input.columns, node);
  }
}

function placeFrame(frame: WindowFrame, place: (expr: Expr) => Expr): WindowFrame {
  const start =
    'offset' in frame.start ? { ...frame.start, offset: place(frame.start.offset) } : frame.start;
  const end = 'offset' in frame.end ? { ...frame.end, offset: place(frame.end.offset) } : frame.end;
  return { ...frame, start, end };
}
