import { afterEach, expect, test, vi } from 'vitest';
import { drawPlots, plotsData } from '../src/core/plots/saved';

const DATA = { version: 1, bokeh: '3.9.2', items: ['{"doc": 1}', '{"doc": 2}'] };

afterEach(() => vi.unstubAllGlobals());

test('plots of an output are read with care', () => {
  expect(plotsData(DATA)).toEqual({ bokeh: '3.9.2', items: DATA.items });
  for (const wrong of [null, 'x', {}, { ...DATA, version: 2 }, { ...DATA, items: 'x' }, { ...DATA, bokeh: 3 }]) {
    expect(plotsData(wrong)).toBeNull();
  }
});

test('plots are drawn below each other by the BokehJS that is there, and taken away together', async () => {
  const clear = vi.fn();
  const embed_item = vi.fn(() => Promise.resolve({ roots: [{ model: { document: { clear } } }] }));
  vi.stubGlobal('Bokeh', { version: '3.9.2', embed: { embed_item } });
  const script = vi.fn(() => Promise.reject(new Error('not needed')));
  const into = document.createElement('div');
  const away = await drawPlots(plotsData(DATA)!, { script }, into);
  expect(embed_item.mock.calls.map(([item]: unknown[]) => item)).toEqual([{ doc: 1 }, { doc: 2 }]);
  expect(into.children).toHaveLength(2);
  away();
  expect(clear).toHaveBeenCalledTimes(2);
  expect(into.children).toHaveLength(0);
});
