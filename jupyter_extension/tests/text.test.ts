import { expect, test } from 'vitest';
import { coloured } from '../src/core/ansi';
import { errorLines, occurrences } from '../src/core/finding';
import { bytes, counted, duration, rate } from '../src/core/format';
import { EventParser } from '../src/core/sse';

const plain = (raw: string): string => coloured(raw).text;

test('escapes of terminals leave nothing behind', () => {
  expect(plain('\x1b[1;31mred\x1b[0m \x1b]0;title\x07here \x1b(Bdone\x1b[2K')).toBe('red here done');
  expect(plain('link \x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\')).toBe('link text');
  expect(plain('a\x00b\x9fc')).toBe('abc');
});

test('of a progress bar the last state stays', () => {
  expect(plain('start\n10 %\r50 %\r100 %\nend\r\n')).toBe('start\n100 %\nend\n');
});

test('colours and other looks stay with the text that has them', () => {
  const { text, runs } = coloured('a \x1b[1;31mred\x1b[22m thin\x1b[0m b \x1b[48;5;196mon\x1b[49m \x1b[4;7mback\x1b[27;24m end');
  expect(text).toBe('a red thin b on back end');
  const red = { color: 'var(--torc-ansi-red)' };
  expect(runs.map(({ start, end, style }) => [text.slice(start, end), style])).toEqual([
    ['red', { fontWeight: 600, ...red }],
    [' thin', red],
    ['on', { backgroundColor: expect.stringContaining('rgb(255 0 0)') }],
    ['back', { textDecoration: 'underline', color: 'var(--torc-ground)', backgroundColor: 'var(--torc-text)' }],
  ]);
});

test('the colours of larger palettes are made readable, black and white are the colour of text', () => {
  const style = (codes: string): unknown => coloured(`\x1b[${codes}mx`).runs[0]?.style.color;
  expect([style('30'), style('97'), style('90'), style('92')]).toEqual([
    'var(--torc-text)',
    'var(--torc-text)',
    'var(--torc-faint)',
    'var(--torc-ansi-green)',
  ]);
  expect([style('38;5;12'), style('38;5;16'), style('38;5;255')]).toEqual([
    'var(--torc-ansi-blue)',
    expect.stringContaining('rgb(0 0 0)'),
    expect.stringContaining('rgb(238 238 238)'),
  ]);
  expect(style('38;2;1;2;3')).toContain('light-dark(oklch(from rgb(1 2 3) min(l');
  expect([style('38;9'), style('999'), style('')]).toEqual([undefined, undefined, undefined]);
});

test('a progress bar that is drawn over keeps its colour, and a log full of colours is cut short of them', () => {
  expect(coloured('\x1b[32m10 %\r50 %\x1b[0m\nend').runs).toEqual([
    { start: 0, end: 4, style: { color: 'var(--torc-ansi-green)' } },
  ]);
  const many = coloured('\x1b[31ma\x1b[0mb'.repeat(20_000));
  expect([many.text.length, many.runs.length]).toEqual([40_000, 5_000]);
});

test('an escape that is cut at the end hides nothing of the rest', () => {
  expect(plain('ok \x1b[')).toBe('ok ');
  expect(plain('ok \x1b]0;never closed')).toBe('ok ');
});

test('words are found as they stand, and lines of errors by what they say', () => {
  expect(occurrences('a.b A.B axb', 'a.b')).toEqual([
    [0, 3],
    [4, 7],
  ]);
  const text = 'fine\nValueError: no\nall failed\nterror is none';
  expect(errorLines(text).map(([from, to]) => text.slice(from, to))).toEqual(['ValueError: no', 'all failed']);
});

test('numbers read well', () => {
  expect([0.004, 0.42, 9.97, 61, 3725, 90_000].map(duration)).toEqual([
    '4 ms',
    '0.4 s',
    '10 s',
    '1 min 1 s',
    '1 h 2 min',
    '1 d 1 h',
  ]);
  expect([12_345, 2.345, 0.1, 0.001].map(rate)).toEqual(['12,345 jobs/s', '2.3 jobs/s', '6.0 jobs/min', '3.6 jobs/h']);
  expect([0, 1536, 12 * 2 ** 20].map(bytes)).toEqual(['0 B', '1.5 KiB', '12 MiB']);
  expect([counted(1, 'job'), counted(2000, 'job')]).toEqual(['1 job', '2,000 jobs']);
});

test('messages of a stream are put together from whatever pieces they come in', () => {
  const text = ': connected\n\nid: 7\nevent: job_started\ndata: {"a": 1}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\n';
  for (const size of [1, 2, 5, 1000]) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
    expect(found).toEqual([
      { id: 7, type: 'job_started', data: { a: 1 } },
      { id: null, type: 'x', data: 'one\ntwo' },
    ]);
  }
});
