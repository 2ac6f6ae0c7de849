import type { Answer, Column, Row } from '../answer.ts';
import { figure } from './format.ts';

/** A table of Markdown. Figures stand to the right, words to the left. */
export function markdownTable(
  heads: readonly { title: string; words: boolean }[],
  lines: readonly (readonly string[])[],
): string {
  const asLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    asLine(heads.map(({ title }) => cellText(title))),
    `|${heads.map(({ words }) => (words ? '---' : '--:')).join('|')}|`,
    ...lines.map(asLine),
  ].join('\n');
}

/** All rows of an answer; ours are in bold. */
export function answerTable({ columns, rows }: Answer): string {
  const heads = [{ title: '', words: true }, ...columns.map(({ title, unit }) => ({ title, words: unit === 'text' }))];
  return markdownTable(
    heads,
    rows.map((row) => [strong(cellText(row.subject), row.ours), ...columns.map((column) => cellOf(row, column))]),
  );
}

const cellOf = (row: Row, { key, unit }: Column): string => cellText(figure(row[key], unit));

const strong = (text: string, ours: boolean): string => (ours ? `**${text}**` : text);

/** Text that is no Markdown, for one cell: names of subjects and words of ours, which may hold any sign. */
export const cellText = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/[\\|<>*_#[\]`~&]/g, (sign) => `\\${sign}`)
    .trim();
