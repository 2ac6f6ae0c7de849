/** How large a text of a chart becomes: charts are laid out where no browser is at hand to ask. */

/** The texts of a chart; the style sheet is made of these too, so that what is laid out is what is drawn. */
export const TEXTS = {
  title: { size: 15, bold: true },
  note: { size: 12, bold: false },
  label: { size: 13, bold: false },
  ours: { size: 13, bold: true },
  value: { size: 12, bold: false },
  tick: { size: 11, bold: false },
  limit: { size: 11, bold: true },
} as const;

export type TextKind = keyof typeof TEXTS;

export const lineHeight = (kind: TextKind): number => Math.round(TEXTS[kind].size * 1.3);

/**
 * Widths in em of the widest of the common system fonts, DejaVu Sans, rounded up: a chart has room in every one of them, and a little
 * too much in most. What is in none of the groups is taken for wider than high.
 */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[\sijlIJ.,:;'|/\\]/, 0.36],
  [/[frt!()[\]"-]/, 0.47],
  [/[ac-eghknopqsuvxyzbLF0-9µ$?_*{}–“”ß-ÿ]/, 0.65],
  [/[MW]/, 1],
  [/[A-Z&]/, 0.8],
  [/[#+<>=^~−×÷≤≥→mw]/, 0.98],
];

const BOLD = 1.14;

export function textWidth(text: string, kind: TextKind): number {
  const { size, bold } = TEXTS[kind];
  const ems = Array.from(text).reduce((sum, sign) => sum + (WIDTHS.find(([signs]) => signs.test(sign))?.[1] ?? 1.1), 0);
  return ems * size * (bold ? BOLD : 1);
}

/** The text in lines of at most so many pixels, broken between words, and within one only where it alone is too long. */
export function wrapped(text: string, kind: TextKind, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[ \n\t]+/).flatMap((word) => piecesOf(word, kind, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer, kind) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function piecesOf(word: string, kind: TextKind, width: number): string[] {
  if (textWidth(word, kind) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const sign of word) {
    if (piece !== '' && textWidth(piece + sign, kind) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += sign;
  }
  return [...pieces, piece];
}

export const widest = (lines: readonly string[], kind: TextKind): number =>
  Math.max(0, ...lines.map((line) => textWidth(line, kind)));
