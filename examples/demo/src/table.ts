import { type Row, variantNames } from './rows.ts';

/** The rows as plain text, labels to the left, figures to the right, the columns aligned. */
export function tableOf(rows: readonly Row[]): string {
  const head: Row = { label: '', ...variantNames };
  const width = (cell: (row: Row) => string): number => Math.max(...[head, ...rows].map((row) => cell(row).length));
  const [labels, bares, holdfasts] = [width((row) => row.label), width((row) => row.bare), width((row) => row.holdfast)];
  const line = ({ label, bare, holdfast }: Row): string =>
    `  ${label.padEnd(labels)}   ${bare.padStart(bares)}   ${holdfast.padStart(holdfasts)}`;
  return [line(head), `  ${'─'.repeat(labels + bares + holdfasts + 6)}`, ...rows.map(line)].join('\n');
}
