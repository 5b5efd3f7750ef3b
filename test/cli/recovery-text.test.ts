import { expect, test } from 'vitest';
import { visibleLength } from '../../src/cli/fit-line.js';
import { recoveryPlanText } from '../../src/cli/recovery-text.js';
import { loadStyle } from '../../src/cli/style.js';
import { planRecovery } from '../../src/recovery/index.js';
import { collected, wish } from '../recovery/collected.js';

test('a recovery plan is read before it is confirmed: on a terminal in colour, and within its width', async () => {
  const survivors = [
    collected({ id: 1, terms: [1, 1, 2, 2, 2], commit: 4, term: 9 }),
    collected({ id: 2, terms: [1, 1, 2], commit: 3 }),
  ];
  const plan = { ...planRecovery(survivors, wish([3, 4, 5])), clusterName: 'prod\u001b[2J' };
  const style = await loadStyle(true);
  const text = await recoveryPlanText(plan, 'rec.json', style, { headers: true, width: 80 });
  expect(text.startsWith(`${style.bold('RECOVERY PLAN')} rec.json  cluster prod\\u{1b}[2J `)).toBe(true);
  for (const line of text.split('\n')) expect(visibleLength(line)).toBeLessThanOrEqual(80);
  expect(text).toMatch(/\n {2}fence {13}nodes of incarnation 1 are refused by every node of\n {20}incarnation \d+\n/);
});
