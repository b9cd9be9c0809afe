import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { ShownStep, ShownView } from '../state/verify.ts';
import { Marks } from './marks.tsx';

const view: ShownView = {
  sample: 'a.png',
  label: null,
  picture: { url: 'blob:a', width: 200, height: 100 },
  nnVersion: null,
  columns: [],
  depth: [],
};

const drawn = (step: ShownStep): string =>
  renderToStaticMarkup(createElement(Marks, { view, steps: [step] }));

test('keypoints lie where they are in the picture, which is shown at another size', () => {
  const points = [
    { label: 0, name: 'nose', value: 0.9, x: 100, y: 50 },
    { label: 1, name: null, value: 0.5, x: 0, y: 400 },
  ];
  const svg = drawn({ kind: 'keypoints', width: 800, height: 400, points });
  expect(svg).toContain('<g transform="scale(0.25 0.25)">');
  expect(svg).toContain('cx="100" cy="50"');
  expect(svg).toContain('cx="0" cy="400"');
  expect(svg).toContain('<title>nose</title>');
  expect(svg).toContain('<title>point 1</title>');
  // A circle of 1.3 hundredths of the picture on the screen, however large the coordinates are.
  expect(svg).toContain('r="10.4"');
});

test('names from a file are text', () => {
  const points = [{ label: 0, name: '<b>', value: 1, x: 1, y: 1 }];
  expect(drawn({ kind: 'keypoints', width: 200, height: 100, points })).toContain('&lt;b&gt;');
});
