/**
 * Parsed regular expressions. `prefers` is PostgreSQL's greediness attribute: whether a part takes the
 * longest or the shortest match that the whole allows.
 */
import type { CharSet } from './char-set.ts';

export type Preference = 'none' | 'long' | 'short';

export type AssertKind =
  | 'text-start'
  | 'text-end'
  | 'line-start'
  | 'line-end'
  | 'word-start'
  | 'word-end'
  | 'word-edge'
  | 'not-word-edge';

interface NodeBase {
  readonly prefers: Preference;
  /** Whether a capturing group is inside. */
  readonly captures: boolean;
}

export type RegexNode = NodeBase &
  (
    | { readonly kind: 'empty' }
    | { readonly kind: 'set'; readonly set: CharSet }
    | { readonly kind: 'assert'; readonly assert: AssertKind }
    | {
        readonly kind: 'look';
        readonly node: RegexNode;
        readonly behind: boolean;
        readonly negated: boolean;
      }
    | { readonly kind: 'group'; readonly index: number; readonly node: RegexNode }
    | { readonly kind: 'concat'; readonly nodes: readonly RegexNode[] }
    | { readonly kind: 'alternatives'; readonly nodes: readonly RegexNode[] }
    | { readonly kind: 'star'; readonly node: RegexNode }
    | { readonly kind: 'optional'; readonly node: RegexNode }
  );

export const EMPTY: RegexNode = { kind: 'empty', prefers: 'none', captures: false };

export function setNode(set: CharSet): RegexNode {
  return { kind: 'set', set, prefers: 'none', captures: false };
}

export function assertNode(assert: AssertKind): RegexNode {
  return { kind: 'assert', assert, prefers: 'none', captures: false };
}

export function lookNode(node: RegexNode, behind: boolean, negated: boolean): RegexNode {
  return { kind: 'look', node, behind, negated, prefers: 'none', captures: false };
}

export function groupNode(index: number, node: RegexNode): RegexNode {
  return { kind: 'group', index, node, prefers: node.prefers, captures: true };
}

/** A branch prefers what its first part with a preference does. */
export function concatNode(nodes: readonly RegexNode[]): RegexNode {
  if (nodes.length === 0) return EMPTY;
  if (nodes.length === 1) return nodes[0] as RegexNode;
  const prefers = nodes.find((node) => node.prefers !== 'none')?.prefers ?? 'none';
  return { kind: 'concat', nodes, prefers, captures: nodes.some((node) => node.captures) };
}

/** Alternatives are always greedy. */
export function alternativesNode(nodes: readonly RegexNode[]): RegexNode {
  if (nodes.length === 1) return nodes[0] as RegexNode;
  const captures = nodes.some((node) => node.captures);
  return { kind: 'alternatives', nodes, prefers: 'long', captures };
}

/** node{min,max}: written out with copies of the node, so that only * remains as a loop. */
export function repeatNode(
  node: RegexNode,
  min: number,
  max: number,
  prefers: Preference,
): RegexNode {
  const { captures } = node;
  const parts: RegexNode[] = Array.from({ length: min }, () => node);
  if (max === Infinity) {
    parts.push({ kind: 'star', node, prefers, captures });
  } else if (max > min) {
    let tail: RegexNode = { kind: 'optional', node, prefers, captures };
    for (let i = min + 1; i < max; i++) {
      const inner: RegexNode = { ...concatNode([node, tail]), prefers };
      tail = { kind: 'optional', node: inner, prefers, captures };
    }
    parts.push(tail);
  }
  return { ...concatNode(parts), prefers };
}
