import fc from 'fast-check';
import { expect, test } from 'vitest';
import { barDrawing } from './bars.ts';
import type { Drawing } from './drawing.ts';
import { lineDrawing } from './lines.ts';
import { escaped, toSvg } from './svg.ts';
import { answerOf, LOAD, names, RATIO } from './testing.ts';

const drawingOf = (title: string, subject: string): Drawing =>
  barDrawing({ kind: 'bars', title, value: 'value', limit: 2 }, RATIO, answerOf([{ subject, ours: true, value: 1.5 }]));

/** What is wrong with a text as XML, as far as this module could get it wrong: nesting, references, signs XML has no place for. */
function faults(xml: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, closing, name, empty] of xml.matchAll(/<(\/?)([a-z]+)(?: [a-zA-Z-]+(?::[a-z]+)?="[^"<&]*")*(\/?)>/g)) {
    if (closing === '/') wrong.push(...(open.pop() === name ? [] : [`</${name}> closes nothing`]));
    else if (empty === '') open.push(name!);
  }
  const text = xml.replaceAll(/<\/?[a-z]+(?: [a-zA-Z-]+="[^"<&]*")*\/?>/g, '');
  if (/[<]/.test(text)) wrong.push('< in a text');
  if (/&(?!(amp|lt|gt|quot);)/.test(text)) wrong.push('& in a text');
  // oxlint-disable-next-line no-control-regex -- looked for on purpose
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/.test(xml))
    wrong.push('a sign XML has not');
  return [...wrong, ...open.map((name) => `<${name}> is not closed`)];
}

test('a chart is well-formed XML, whatever it says', () => {
  fc.assert(
    fc.property(names, fc.oneof(names, fc.string({ unit: 'binary' })), (title, subject) => {
      expect(faults(toSvg(drawingOf(title, subject)))).toEqual([]);
    }),
  );
});

test('what would be markup is escaped, and what XML has no place for is replaced', () => {
  expect(escaped('<a b="c">&\u0000\ud800')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd');
});

test('a chart says in words what it shows', () => {
  const svg = toSvg(drawingOf('Cost & <effect>', 'holdfast'));

  expect(svg).toContain('role="img" aria-labelledby="title desc"');
  expect(svg).toContain('<title id="title">Cost &amp; &lt;effect&gt;</title>');
  expect(svg.replaceAll('\u00a0', ' ')).toContain('<desc id="desc">× bare. holdfast: 1.50 ×; budget: 2 ×.</desc>');
});

test('the same drawing is the same file', () => {
  expect(toSvg(drawingOf('a', 'b'))).toBe(toSvg(drawingOf('a', 'b')));
});

test('a chart runs and fetches nothing, and has both schemes', () => {
  const points = [1, 2].map((load) => ({ subject: 'x', ours: true, load, value: load }));
  const svg = toSvg(lineDrawing({ kind: 'lines', title: 't', x: 'load', y: 'value' }, { x: LOAD, y: RATIO }, answerOf(points)));

  expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/script|href|url\(|import|http/);
  expect(svg).toContain('prefers-color-scheme:dark');
});

test('every class a shape has is in the style sheet', () => {
  const colours = ['line0', 'line3', 'grey0', 'grey3'];
  const shapes = colours.flatMap((colour): Drawing['shapes'] => [
    {
      kind: 'line',
      points: [
        [0, 0],
        [1, 1],
      ],
      colour,
    },
    { kind: 'mark', mark: 'circle', x: 0, y: 0, colour },
    { kind: 'text', as: 'label', text: 'x', x: 0, y: 0, anchor: 'start', colour },
  ]);
  const bars = drawingOf('a', 'b');
  const svg = toSvg({ ...bars, shapes: [...bars.shapes, ...shapes] });
  const classes = [...svg.matchAll(/class="([^"]*)"/g)].flatMap(([, names]) => names!.split(' '));

  expect(classes.filter((name) => !svg.includes(`.${name}{`) && !svg.includes(`.${name},`))).toEqual([]);
});
