import { expect, test } from 'vitest';
import { type Chart, chartSvg } from './chart.ts';
import { linearScale } from './scale.ts';

const chart: Chart = {
  id: 'speed',
  title: 'Speed & <height>',
  caption: 'Up.',
  description: 'Both rise.',
  width: 166, // 100 of them for the plot
  height: 148, // 100 of them for the plot
  x: linearScale(10),
  y: linearScale(100),
  tickText: (value) => `${value} m`,
  band: { from: 2, to: 4, text: 'down' },
  lines: [
    {
      kind: 'bare',
      points: [
        { x: 0, y: 0 },
        { x: 10, y: 100 },
      ],
      note: { x: 10, y: 100, text: 'peak', side: 'above' },
    },
  ],
};

test('draws a line from the bottom left to the top right corner of its frame', () => {
  expect(chartSvg(chart)).toContain('<polyline class="line bare" points="52,122 152,22"/>');
});

test('shades the outage and says what the shade means', () => {
  const svg = chartSvg(chart);

  expect(svg).toContain('<rect class="band" x="72" y="22" width="20" height="100"/>');
  expect(svg).toMatch(/class="band-text"[^>]*>down</);
});

test('has a title and a description for those who cannot see it, safely escaped', () => {
  const svg = chartSvg(chart);

  expect(svg).toContain('role="img" aria-labelledby="speed-title speed-description"');
  expect(svg).toContain('<title id="speed-title">Speed &amp; &lt;height&gt;</title>');
  expect(svg).toContain('Both rise.');
});

test('marks a note on its line, turned inwards where it would leave the frame', () => {
  expect(chartSvg(chart)).toContain(
    '<circle class="dot bare" cx="152" cy="22" r="4"/><text class="note bare" x="152" y="40" text-anchor="end">peak</text>',
  );
});

test('draws what is offered as an area down to the axis', () => {
  const offered = [
    { x: 0, y: 50 },
    { x: 10, y: 50 },
  ];

  expect(chartSvg({ ...chart, offered })).toContain('points="52,122 52,72 152,72 152,122"');
});
