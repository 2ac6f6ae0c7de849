// The syntax tree of a source, without its types: what they say is checked by tsc, and gone when the code runs.
import type { Node, Program } from 'oxc-parser';
import { parseSync, visitorKeys } from 'oxc-parser';

/** Nodes of TypeScript that hold code that runs. */
const transparent = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSParameterProperty']);

/** @throws {Error} for a source that does not parse. */
export function parse(file: string, text: string): Program {
  const { program, errors } = parseSync(file, text, { preserveParens: false });
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  return program;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function isErased(node: Node): boolean {
  if (node.type.startsWith('TS')) return !transparent.has(node.type);
  return ('declare' in node && node.declare) || ('importKind' in node && node.importKind === 'type');
}

/** A child and the name of the property it is held in. */
export interface Child {
  readonly node: Node;
  readonly role: string;
}

/** The children that run, in the order of the source. */
export function childrenOf(node: Node): Child[] {
  const properties = node as unknown as Record<string, unknown>;
  const found: Child[] = [];
  for (const role of visitorKeys[node.type] ?? []) {
    const value = properties[role];
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child) && !isErased(child)) found.push({ node: child, role });
    }
  }
  // A shorthand property has its key and its value in one place: the value is what runs.
  return found
    .filter(({ node: child }, at) => found.findLastIndex((other) => other.node.start === child.start) === at)
    .toSorted((a, b) => a.node.start - b.node.start);
}
