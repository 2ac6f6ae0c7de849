// The changes made to expressions and statements. Of several that no test could tell apart, only one is made: a comparison becomes
// `true` and `false` and so need not be turned round; an `if` without `else` needs no removal of its body beside a `false`.
import type { Node } from 'oxc-parser';
import type { Change } from './mutant.ts';

export type Add = (node: Node, replacement: string, how?: Change['how']) => void;
type Text = (node: Node) => string;

const boundaries: Record<string, string> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const comparisons = new Set(['==', '!=', '===', '!==', 'in', 'instanceof', ...Object.keys(boundaries)]);
const operators: Record<string, string> = {
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*' },
  ...{ '&': '|', '|': '&', '^': '&', '<<': '>>', '>>': '<<', '>>>': '<<' },
};
const assignments: Record<string, string> = {
  ...{ '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '%=': '*=', '**=': '*=' },
  ...{ '&=': '|=', '|=': '&=', '^=': '&=', '<<=': '>>=', '>>=': '<<=', '>>>=': '<<=', '??=': '=', '&&=': '=', '||=': '=' },
};
/** Methods that are mistaken for each other. */
const twins: Record<string, string> = Object.fromEntries(
  [
    ...[
      ['min', 'max'],
      ['floor', 'ceil'],
      ['some', 'every'],
      ['startsWith', 'endsWith'],
      ['find', 'findLast'],
    ],
    ...[
      ['toLowerCase', 'toUpperCase'],
      ['push', 'unshift'],
      ['pop', 'shift'],
      ['indexOf', 'lastIndexOf'],
      ['then', 'catch'],
    ],
  ].flatMap(([a = '', b = '']) => [
    [a, b],
    [b, a],
  ]),
);
/** Methods that give back something like what they are called on. */
const droppable = /^(trim|trimStart|trimEnd|sort|toSorted|reverse|toReversed|slice|filter|concat|flat|substring|unref)$/;

export const isComparison = (node: Node): boolean =>
  (node.type === 'BinaryExpression' && comparisons.has(node.operator)) ||
  (node.type === 'UnaryExpression' && node.operator === '!');

/** What the changes of a condition need to know. `done` collects the conditions dealt with. */
interface Conditions {
  readonly done: Set<Node>;
  readonly text: Text;
  readonly add: Add;
}

/** A condition becomes what it may be: each of `values`, and as a part of `&&` or `||` the one that leaves the rest to decide. */
export function mutateCondition(node: Node, values: readonly string[], all: Conditions): void {
  all.done.add(node);
  for (const value of values) if (all.text(node) !== value) all.add(node, value);
  if (node.type === 'UnaryExpression' && node.operator === '!') mutateCondition(node.argument, [], all);
  if (node.type !== 'LogicalExpression' || node.operator === '??') return;
  const neutral = node.operator === '&&' ? ['true'] : ['false'];
  mutateCondition(node.left, neutral, all);
  mutateCondition(node.right, neutral, all);
}

type Infix = Node & { type: 'BinaryExpression' | 'LogicalExpression' | 'AssignmentExpression' };

/** The expression with another operator; brackets stay where they are. */
function withOperator(node: Infix, operator: string, text: Text): string {
  const whole = text(node);
  const [from, to] = [node.left.end - node.start, node.right.start - node.start];
  return whole.slice(0, from) + whole.slice(from, to).replace(node.operator, operator) + whole.slice(to);
}

function mutateLogical(node: Node & { type: 'LogicalExpression' }, text: Text, add: Add): void {
  const [left, right] = [text(node.left), text(node.right)];
  if (node.operator === '??') {
    add(node, left);
    add(node, right);
  } else add(node, withOperator(node, node.operator === '&&' ? '||' : '&&', text));
}

const isText = (node: Node): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && (isText(node.left) || isText(node.right)));

function mutateBinary(node: Node & { type: 'BinaryExpression' }, text: Text, add: Add): void {
  const boundary = boundaries[node.operator];
  const other = node.operator === '+' && isText(node) ? undefined : operators[node.operator];
  for (const operator of [boundary, other]) {
    if (operator !== undefined) add(node, withOperator(node, operator, text));
  }
}

function mutateLiteral(node: Node & { type: 'Literal' }, text: Text, add: Add): void {
  const { value } = node;
  if (typeof value === 'boolean') add(node, String(!value));
  else if (typeof value === 'number') add(node, value === 0 ? '1' : value === 1 ? '0' : String(value + 1));
  else if (typeof value === 'bigint') add(node, `${value + 1n}n`);
  else if (typeof value === 'string') add(node, value === '' ? "'mutated'" : "''");
  else if ('regex' in node) {
    const source = text(node);
    if (source.startsWith('/^')) add(node, `/${source.slice(2)}`);
    if (/[^\\]\$\/[a-z]*$/.test(source)) add(node, source.replace(/\$(?=\/[a-z]*$)/, ''));
  }
}

function mutateCall(node: Node & { type: 'CallExpression' }, text: Text, add: Add): void {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return;
  const { name } = callee.property;
  // What stands before the dot, with brackets around it, which are no part of the receiver's own range.
  const receiver = text(node)
    .slice(0, callee.property.start - node.start)
    .replace(/\??\.\s*$/, '');
  if (Object.hasOwn(twins, name)) {
    add(node, `${receiver}.${twins[name]}${text(node).slice(callee.end - node.start)}`);
  } else if (droppable.test(name)) add(node, receiver);
}

/** An expression of any kind, as a value. */
export function mutateExpression(node: Node, text: Text, add: Add): void {
  switch (node.type) {
    case 'BinaryExpression':
      return mutateBinary(node, text, add);
    case 'LogicalExpression':
      return mutateLogical(node, text, add);
    case 'Literal':
      return mutateLiteral(node, text, add);
    case 'TemplateLiteral':
      return text(node) === '``' ? undefined : add(node, '``');
    case 'ObjectExpression':
      return node.properties.length === 0 ? undefined : add(node, '{}');
    case 'ArrayExpression':
      return node.elements.length === 0 ? undefined : add(node, '[]');
    case 'UnaryExpression':
      return node.operator === '-' || node.operator === '~' ? add(node, text(node.argument)) : undefined;
    case 'UpdateExpression':
      return add(node, text(node).replace(node.operator, node.operator === '++' ? '--' : '++'));
    case 'AssignmentExpression': {
      const operator = assignments[node.operator];
      return operator === undefined ? undefined : add(node, withOperator(node, operator, text));
    }
    case 'CallExpression':
      return mutateCall(node, text, add);
    default:
      return undefined;
  }
}

/** What a function gives back becomes `undefined`, unless another change does as much. */
export function mutateResult(node: Node, text: Text, add: Add): void {
  const other =
    /^(Literal|TemplateLiteral|ObjectExpression|ArrayExpression|UnaryExpression)$/.test(node.type) || isComparison(node);
  if (!other && text(node) !== 'undefined') add(node, 'undefined');
}
