// Walks a source and collects the changes to be made in it, in the order of the source.
import type { Node } from 'oxc-parser';
import type { Change } from './mutant.ts';
import { type Add, isComparison, mutateCondition, mutateExpression, mutateResult } from './mutators.ts';
import { childrenOf, parse } from './tree.ts';

/** The place of a node. */
interface Place {
  readonly parent: Node;
  /** The property of the parent it is held in. */
  readonly role: string;
  /** Within the links of `a?.b.c`, which cannot be put into brackets one by one. */
  readonly isLink: boolean;
}

const either = ['true', 'false'];
/** Where conditions stand, and what they become. A loop that never ends would only cost time. */
const conditions: Record<string, readonly string[]> = {
  ...{ IfStatement: either, ConditionalExpression: either },
  ...{ WhileStatement: ['false'], DoWhileStatement: ['false'], ForStatement: ['false'] },
};
const notWalked = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'TaggedTemplateExpression']);

/** @returns the changes of a source; none of them touches a type. */
export function findChanges(file: string, source: string): Change[] {
  const changes: Change[] = [];
  /** Conditions that were dealt with as parts of a greater one. */
  const done = new Set<Node>();
  const text = (node: Node): string => source.slice(node.start, node.end);
  const add: Add = (node, replacement, how = 'replace') => changes.push({ node, how, replacement });
  const condition = (node: Node, values: readonly string[]): void => mutateCondition(node, values, { done, text, add });

  const change = (node: Node, { parent, role, isLink }: Place): void => {
    const values = role === 'test' ? conditions[parent.type] : undefined;
    if (values !== undefined) condition(node, values);
    else if (isComparison(node) && !done.has(node)) condition(node, either);
    else if (node.type === 'LogicalExpression' && node.operator !== '??' && !done.has(node)) {
      condition(node.left, node.operator === '&&' ? ['true'] : ['false']);
    }
    if (isResult(node, parent, role)) mutateResult(node, text, add);
    if (!isLink && !isCompared(node, parent)) mutateExpression(node, text, add);
    if (canBeOmitted(node, parent, role)) add(node, '', 'omit');
    if (canBeEmptied(node, parent, role)) add(node, '{}', 'empty');
  };
  const visit = (node: Node, place: Place): void => {
    if (notWalked.has(node.type)) return;
    change(node, place);
    if (node.type === 'ChainExpression') for (const other of chainWithoutQuestions(node, source)) add(node, other);
    const holdsLinks = node.type === 'ChainExpression' || place.isLink;
    for (const child of childrenOf(node)) {
      if (isName(node, child.role)) continue;
      visit(child.node, {
        parent: node,
        role: child.role,
        isLink: holdsLinks && /^(object|callee|expression)$/.test(child.role),
      });
    }
  };
  const program = parse(file, source);
  for (const { node, role } of childrenOf(program)) visit(node, { parent: program, role, isLink: false });
  return changes;
}

/** Names are not values: keys, labels, and what an export calls something. */
function isName(parent: Node, role: string): boolean {
  if (role === 'key' || role === 'property') return !('computed' in parent && parent.computed);
  return role === 'source' || role === 'label' || role === 'specifiers';
}

const isResult = (node: Node, parent: Node, role: string): boolean =>
  parent.type === 'ReturnStatement' ||
  (parent.type === 'ArrowFunctionExpression' && role === 'body' && node.type !== 'BlockStatement');

/** What something is compared with: another value there is the same as `false`. */
function isCompared(node: Node, parent: Node): boolean {
  if (node.type !== 'Literal') return false;
  return parent.type === 'SwitchCase' || (parent.type === 'BinaryExpression' && /^[!=]==?$/.test(parent.operator));
}

/** Whether a statement is all that an `if` without `else` does: then its condition `false` leaves it out too. */
const isWholeIf = (parent: Node, role: string): boolean =>
  parent.type === 'IfStatement' && role === 'consequent' && parent.alternate === null;

function canBeOmitted(node: Node, parent: Node, role: string): boolean {
  if (isWholeIf(parent, role)) return false;
  if (node.type === 'ExpressionStatement') {
    const { expression } = node;
    if (expression.type === 'CallExpression') return expression.callee.type !== 'Super';
    return /^(Assignment|Update|Await|Chain|Yield)Expression$/.test(expression.type);
  }
  if (node.type === 'BreakStatement') return parent.type !== 'SwitchCase';
  return node.type === 'ThrowStatement' || node.type === 'ContinueStatement';
}

/** A lone statement of these kinds has changes of its own that leave nothing of it. */
const emptiedByItself = /^(Expression|Return|Throw|If|Break|Continue|While|For|DoWhile|Block)Statement$/;
const isLoop = /^(While|DoWhile|For)Statement$/;

function canBeEmptied(node: Node, parent: Node, role: string): boolean {
  if (node.type === 'SwitchCase') return node.consequent.length > 0;
  if (node.type !== 'BlockStatement' || node.body.length === 0) return false;
  if (isWholeIf(parent, role) || isLoop.test(parent.type) || parent.type === 'SwitchCase') return false;
  if (node.body.some((statement) => statement.type === 'ExpressionStatement' && isSuperCall(statement.expression))) return false;
  return node.body.length > 1 || !emptiedByItself.test(node.body[0]?.type ?? '');
}

const isSuperCall = (node: Node): boolean => node.type === 'CallExpression' && node.callee.type === 'Super';

/** The chain with each of its `?.` in turn made a plain access. */
function chainWithoutQuestions(chain: Node & { type: 'ChainExpression' }, source: string): string[] {
  const others: string[] = [];
  let link: Node | undefined = chain.expression;
  while (link !== undefined) {
    const inner: Node | undefined =
      link.type === 'MemberExpression' ? link.object : link.type === 'CallExpression' ? link.callee : undefined;
    if (inner !== undefined && 'optional' in link && link.optional) {
      const at = source.indexOf('?.', inner.end);
      const plain = source[at + 2] === '(' || source[at + 2] === '[' ? '' : '.';
      others.unshift(source.slice(chain.start, at) + plain + source.slice(at + 2, chain.end));
    }
    link = link.type === 'TSNonNullExpression' ? link.expression : inner;
  }
  return others;
}
