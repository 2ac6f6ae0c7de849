import type { Answer, Column, Row } from '../answer.ts';

/** An answer as lines of text for a terminal. */
export function asText({ title, columns, rows }: Answer): string {
  const heads = ['', ...columns.map(({ title, unit }) => (unit === 'ratio' || unit === 'text' ? title : `${title} [${unit}]`))];
  const cells = rows.map((row) => [row.subject, ...columns.map((column) => cell(row, column))]);
  return [title, '', ...aligned([heads, ...cells])].join('\n');
}

/** The first column to the left, the others to the right. */
export function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) =>
    line.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  '),
  );
}

const cell = (row: Row, { key, unit }: Column): string => {
  const value = row[key];
  return typeof value === 'number' || value === null || value === undefined ? figure(value ?? null, unit) : String(value);
};

/** As a person at a terminal wants it: two decimals, or none where they are noise. */
export function figure(value: number | null, unit: Column['unit']): string {
  if (value === null) return '–';
  const decimals = unit === 'ratio' || unit === 'ms' || unit === 'us' || unit === 'percent' ? 2 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
