import { expect, test } from 'vitest';
import { type LogOptions, makeLogger } from '../../src/daemon/log.js';

function logTo(options: Partial<LogOptions>) {
  const lines: string[] = [];
  const out = { write: (line: string) => lines.push(line) };
  return { lines, logger: makeLogger({ level: 'info', format: 'human', base: { node: 1 }, ...options }, out) };
}

test('a line for people: when, how bad, what, and the facts', () => {
  const { lines, logger } = logTo({});
  logger.warn('the peer is slow', { peer: 2, address: '10.0.0.2:7400', why: 'no answer', nothing: undefined });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.slice('2026-01-01T00:00:00.000Z'.length)).toBe(
    ' WARN  the peer is slow node=1 peer=2 address=10.0.0.2:7400 why="no answer"\n',
  );
});

test('what comes from outside can neither break a line nor paint on a terminal', () => {
  const { lines, logger } = logTo({});
  logger.info('said\nx', { text: 'a\n2026 ERROR forged', color: '\u001b[31m', list: ['\u202e'] });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.match(/[\p{C}]/gu)).toEqual(['\n']);
});

test('lines below the level are left out, in both forms', () => {
  for (const format of ['human', 'json'] as const) {
    const { lines, logger } = logTo({ level: 'warn', format });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines).toHaveLength(2);
  }
});

test('a line for programs is one JSON object', () => {
  const { lines, logger } = logTo({ format: 'json' });
  logger.error('the disk failed', { code: 'E_DISK' });
  logger.error('no facts');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'error', node: 1, msg: 'the disk failed', code: 'E_DISK' },
    { level: 'error', node: 1, msg: 'no facts' },
  ]);
});
