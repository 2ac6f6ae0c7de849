// Compiles all changes of a source into it, each behind a switch of its own, so that it is transformed and loaded only once.
import type { Node } from 'oxc-parser';
import type { Change } from './mutant.ts';
import { childrenOf, parse } from './tree.ts';

/** A change with the number that switches it on. */
export interface Switched extends Change {
  readonly id: number;
}

/** Where the switch is found (switch.ts) when the source runs. */
export const SWITCH = '__mutation__';

/** @returns the source with all the changes in it, none of them on; its lines are where they were. */
export function instrument(file: string, source: string, changes: readonly Switched[]): string {
  const program = parse(file, source);
  const byPlace = Map.groupBy(changes, ({ node, how }) => keyOf(node, how));
  const on = (id: number): string => `__m.on(${id})`;

  const inside = (node: Node): string => {
    let text = '';
    let end = node.start;
    for (const child of childrenOf(node)) {
      text += source.slice(end, child.node.start) + render(child.node);
      end = child.node.end;
    }
    return text + source.slice(end, node.end);
  };
  const render = (node: Node): string => {
    let text = inside(node);
    const empty = byPlace.get(keyOf(node, 'empty'))?.[0];
    if (empty !== undefined)
      text = node.type === 'SwitchCase' ? emptiedCase(node, on(empty.id)) : `{ if (!${on(empty.id)}) ${text} }`;
    for (const { id, replacement } of byPlace.get(keyOf(node, 'replace'))?.toReversed() ?? []) {
      text = `(${on(id)} ? (${replacement}) : (${text}))`;
    }
    const omit = byPlace.get(keyOf(node, 'omit'))?.[0];
    return omit === undefined ? text : `{ if (!${on(omit.id)}) ${text} }`;
  };
  /** The label of a case stays, so that the switch still comes here. */
  const emptiedCase = ({ test, consequent }: Node & { type: 'SwitchCase' }, isOn: string): string => {
    const label = test === null ? 'default' : `case ${render(test)}`;
    return `${label}: if (!${isOn}) { ${consequent.map((statement) => render(statement)).join('\n')} }`;
  };
  return `const __m = globalThis.${SWITCH};${inside(program)}`;
}

const keyOf = (node: Node, how: Change['how']): string => `${node.start}-${node.end}-${node.type}-${how}`;
