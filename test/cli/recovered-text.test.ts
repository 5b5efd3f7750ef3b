import { expect, test } from 'vitest';
import { type RecoveredData, recoveredText } from '../../src/cli/recovered-text.js';

const data: RecoveredData = {
  ...{ id: 2, role: 'voter', isBase: false, already: false, incarnation: 40213, index: 8, term: 7 },
  ...{ backup: '/data/2.backup', snapshot: '/data/1.snap', lifted: [], others: [] },
};

test('recover apply says what it has lifted, and nothing of that where nothing was set', () => {
  expect(recoveredText(data, 'rec.json')).not.toContain('lifted');
  const text = recoveredText({ ...data, lifted: ['drained', 'electionsPaused'] }, 'rec.json');
  expect(text).toMatch(/lifted +the node was drained: it may lead again\n/);
  expect(text).toMatch(/lifted +its elections were paused: it may campaign again\n/);
});
