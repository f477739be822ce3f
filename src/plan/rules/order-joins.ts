/** Chooses the order of inner joins: smallest first, then always what the conditions connect. */
import type { Expr } from '../expr.ts';
import { columnsOf, conjunction, conjuncts } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { estimateRows } from '../physical/estimate.ts';
import { mapInputs } from '../plan-walk.ts';

type Join = Extract<LogicalNode, { kind: 'join' }>;

export function orderJoins(plan: LogicalNode, state: RuleState): LogicalNode {
  if (!isReorderable(plan)) return mapInputs(plan, (input) => orderJoins(input, state));
  const relations: LogicalNode[] = [];
  const conditions: Expr[] = [];
  flatten(plan, relations, conditions);
  const inputs = relations.map((relation) => orderJoins(relation, state));
  return inputs.length < 3 ? rebuild(plan, inputs) : greedy(inputs, conditions, state);
}

function isReorderable(node: LogicalNode): node is Join {
  return node.kind === 'join' && node.joinType === 'inner' && node.bindings.length === 0;
}

function flatten(node: LogicalNode, relations: LogicalNode[], conditions: Expr[]): void {
  if (!isReorderable(node)) {
    relations.push(node);
    return;
  }
  flatten(node.left, relations, conditions);
  flatten(node.right, relations, conditions);
  conditions.push(...conjuncts(node.condition));
}

function rebuild(node: Join, inputs: readonly LogicalNode[]): LogicalNode {
  return { ...node, left: inputs[0], right: inputs[1] };
}

function greedy(
  relations: readonly LogicalNode[],
  conditions: readonly Expr[],
  state: RuleState,
): LogicalNode {
  const rows = relations.map((relation) => estimateRows(relation, state.counts));
  const open = new OpenConditions(relations, conditions);
  const left = new Set(relations.keys());
  const smallest = (candidates: Iterable<number>): number => {
    let best = -1;
    for (const i of candidates) if (best < 0 || rows[i] < rows[best]) best = i;
    return best;
  };
  const take = (i: number): LogicalNode => {
    left.delete(i);
    open.take(i);
    return relations[i];
  };
  let current = take(smallest(left));
  while (left.size > 0) {
    const connected = [...left].filter((i) => open.isConnected(i));
    const next = take(smallest(connected.length > 0 ? connected : left));
    current = joined(current, next, open.takeReady());
  }
  const rest = conjunction(open.rest());
  return rest === null
    ? current
    : { kind: 'filter', input: current, condition: rest, columns: current.columns };
}

function joined(left: LogicalNode, right: LogicalNode, conditions: readonly Expr[]): LogicalNode {
  return {
    kind: 'join',
    joinType: 'inner',
    left,
    right,
    condition: conjunction(conditions),
    bindings: [],
    nullAware: false,
    columns: [...left.columns, ...right.columns],
  };
}

/** The conditions that no join has checked yet, and what they wait for while relations are joined. */
class OpenConditions {
  readonly #conditions: readonly Expr[];
  /** Relations of each condition that are not joined yet, and the number of all; undefined once checked. */
  readonly #waits: ({ readonly missing: Set<number>; readonly size: number } | undefined)[];
  /** Conditions of each relation, in order. */
  readonly #of: number[][];
  /** Conditions that wait for nothing more. */
  #ready: number[] = [];

  constructor(relations: readonly LogicalNode[], conditions: readonly Expr[]) {
    const owner = new Map<number, number>();
    for (const [i, relation] of relations.entries()) {
      for (const column of relation.columns) owner.set(column.id, i);
    }
    this.#conditions = conditions;
    this.#of = relations.map(() => []);
    this.#waits = conditions.map((condition, at) => {
      // A column that no relation has (-1) is never joined.
      const missing = new Set([...columnsOf(condition)].map((id) => owner.get(id) ?? -1));
      for (const relation of missing) this.#of[relation]?.push(at);
      if (missing.size === 0) this.#ready.push(at);
      return { missing, size: missing.size };
    });
  }

  take(relation: number): void {
    for (const at of this.#of[relation]) {
      const missing = this.#waits[at]?.missing;
      missing?.delete(relation);
      if (missing?.size === 0) this.#ready.push(at);
    }
  }

  /** True where a condition compares this relation with those joined so far, and with no other. */
  isConnected(relation: number): boolean {
    return this.#of[relation].some((at) => {
      const wait = this.#waits[at];
      return wait !== undefined && wait.size > 1 && wait.missing.size === 1;
    });
  }

  /** The conditions that can be checked by now and were not before. */
  takeReady(): Expr[] {
    const ready = this.#ready.sort((a, b) => a - b);
    this.#ready = [];
    for (const at of ready) this.#waits[at] = undefined;
    return ready.map((at) => this.#conditions[at]);
  }

  rest(): Expr[] {
    return this.#conditions.filter((_, at) => this.#waits[at] !== undefined);
  }
}
