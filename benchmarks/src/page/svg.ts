import { type Drawing, type Mark, type Shape } from './drawing.ts';
import { TEXTS } from './text.ts';

/**
 * Follows the reader's scheme where the browser tells an image of it. Where the page around is of the other scheme all the same, the
 * chart stays readable: it brings its own background.
 */
const LIGHT = {
  card: '#ffffff',
  border: '#d1d9e0',
  text: '#1f2328',
  muted: '#59636e',
  grid: '#e6eaef',
  axis: '#818b98',
  ours: '#0969da',
  peer: '#9aa4af',
  limit: '#cf222e',
  line: ['#0969da', '#8250df', '#1a7f37', '#bc4c00'],
  grey: ['#59636e', '#818b98', '#3d444d', '#9aa4af'],
} as const;

const DARK: Record<keyof typeof LIGHT, string | readonly string[]> = {
  card: '#0d1117',
  border: '#3d444d',
  text: '#f0f6fc',
  muted: '#9198a1',
  grid: '#21262d',
  axis: '#656c76',
  ours: '#4493f8',
  peer: '#656c76',
  limit: '#f85149',
  line: ['#4493f8', '#ab7df8', '#3fb950', '#f0883e'],
  grey: ['#9198a1', '#656c76', '#d1d7e0', '#7d8590'],
};

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif";

/**
 * A picture without scripts or anything fetched, the same for the same drawing. Written here, since the chart libraries that are well kept
 * want a DOM or are many times the size of these files, and the layout that keeps names apart would be ours all the same.
 */
export function toSvg({ title, description, width, height, shapes }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>
${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>
${shapes.map(element).join('\n')}
</svg>
`;
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'text': {
      const anchor = shape.anchor === 'start' ? '' : ` text-anchor="${shape.anchor}"`;
      const colour = shape.colour === undefined ? '' : ` t-${shape.colour}`;
      return `<text class="${shape.as}${colour}" x="${px(shape.x)}" y="${px(shape.y)}"${anchor}>${escaped(shape.text)}</text>`;
    }
    case 'bar':
      return `<rect class="b-${shape.colour}" x="${px(shape.x)}" y="${px(shape.y)}" width="${px(shape.width)}" height="${px(shape.height)}" rx="2"/>`;
    case 'line':
      return `<path class="l-${shape.colour}" d="M${shape.points.map(([x, y]) => `${px(x)} ${px(y)}`).join('L')}"/>`;
    case 'mark':
      return `<path class="m-${shape.colour}" d="${OUTLINES[shape.mark](shape.x, shape.y)}"/>`;
  }
}

const OUTLINES: Readonly<Record<Mark['mark'], (x: number, y: number) => string>> = {
  circle: (x, y) => `M${px(x - 4)} ${px(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
  square: (x, y) => `M${px(x - 3.5)} ${px(y - 3.5)}h7v7h-7z`,
  diamond: (x, y) => `M${px(x)} ${px(y - 5)}l5 5l-5 5l-5 -5z`,
  triangle: (x, y) => `M${px(x)} ${px(y - 4.5)}l4.5 8h-9z`,
};

const px = (value: number): string => String(Number(value.toFixed(1)));

/** Text for XML: what it has no place for at all becomes the sign for that. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- these are the ones XML 1.0 leaves out
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const variables = (colours: Record<string, string | readonly string[]>): string =>
  Object.entries(colours)
    .flatMap(([name, colour]) =>
      typeof colour === 'string' ? [`--${name}:${colour}`] : colour.map((one, index) => `--${name}${index}:${one}`),
    )
    .join(';');

const LINES = ['line', 'grey'].flatMap((name) => [0, 1, 2, 3].map((index) => `${name}${index}`));

const STYLE = [
  `svg{${variables(LIGHT)}}`,
  `@media(prefers-color-scheme:dark){svg{${variables(DARK)}}}`,
  `text{font-family:${FONT};fill:var(--text)}`,
  ...Object.entries(TEXTS).map(([kind, { size, bold }]) => `.${kind}{font-size:${size}px${bold ? ';font-weight:600' : ''}}`),
  '.note,.tick{fill:var(--muted)}',
  '.limit{fill:var(--limit)}',
  'path{fill:none}',
  '.card{fill:var(--card);stroke:var(--border)}',
  '.b-ours{fill:var(--ours)}.b-peer{fill:var(--peer)}',
  '.l-grid{stroke:var(--grid)}.l-axis{stroke:var(--axis)}.l-lead{stroke:var(--axis);stroke-dasharray:1 3}',
  '.l-limit{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:5 4}',
  '[class^=l-line],[class^=l-grey]{stroke-width:2;stroke-linejoin:round}',
  '[class^=m-]{stroke:var(--card)}',
  // A grey that suits a line is too pale for a text.
  ...LINES.map((name) => {
    const text = name.startsWith('grey') ? 'muted' : name;
    return `.l-${name}{stroke:var(--${name})}.m-${name}{fill:var(--${name})}.t-${name}{fill:var(--${text})}`;
  }),
].join('\n');
