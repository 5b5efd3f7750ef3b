import { describe, expect, test } from 'vitest';
import { statusText, statusWarnings } from '../../src/cli/render-status.js';
import { toStatusData } from '../../src/cli/status-data.js';
import { plainStyle } from '../../src/cli/style.js';
import { joint, leaderless, oneDown, steady } from './views.js';

const now = new Date('2026-09-15T10:22:31Z');
const cluster = { id: '7c1f04be9d2a55e1', name: 'prod', incarnation: 1 };

async function screen(view: Parameters<typeof toStatusData>[0], width?: number): Promise<string> {
  const data = toStatusData(view, now);
  const warnings = statusWarnings(data);
  const options = { style: plainStyle, cluster, headers: true, width, wide: false, warnings, next: [] };
  return statusText(data, options);
}

describe('status on a screen', () => {
  test('of a cluster that is well', async () => {
    expect(await screen(steady())).toBe(
      [
        'CLUSTER  prod  7c1f04be9d2a55e1   HEALTH  healthy   LEADER  n1, term 7, since 2026-09-15T10:22:01Z',
        'CONFIG   stable @118   voters 1,2,3   learners 4',
        'QUORUM   needs 2 of 3, live 3 -> tolerates 1 more failure',
        'LOG      101..2000   commit 2000   applied 2000   1.0 MiB',
        '',
        'ID  NAME  ROLE      SET      STATE      ADDRESS        MATCH  LAG  LAST-SEEN  RTT    DB       VERSION',
        '1   n1    leader    voter    -          10.0.0.1:7400  2000   0    -          -      2.0 MiB  0.9.0',
        '2   n2    follower  voter    replicate  10.0.0.2:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
        '3   n3    follower  voter    replicate  10.0.0.3:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
        '4   n4    learner   learner  replicate  10.0.0.4:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
      ].join('\n'),
    );
  });

  test('fits a terminal of 80 columns: what matters least goes first', async () => {
    const text = await screen(steady(), 80);
    const table = text.split('\n').slice(5);
    expect(Math.max(...table.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(table[0]).toBe('ID  NAME  ROLE      SET      STATE      ADDRESS        MATCH  LAG  LAST-SEEN');
  });

  test('has a row for a member that is down, and says what that means', async () => {
    const text = await screen(oneDown());
    expect(text).toContain('QUORUM   needs 2 of 3, live 2 -> tolerates 0 more failures (1 when all are up)');
    expect(text).toContain(
      '3   n3    unknown   voter    probe      10.0.0.3:7400  1500   500  12m04s     -      ?        ?',
    );
    expect(text).toContain(
      '! n3 is unreachable for 12m04s (10.0.0.3:7400 refused the connection). It is behind the compacted log and will need a snapshot.',
    );
    expect(text).toContain('! one more voter failure (n1 or n2) stops writes.');
  });

  test('works without a leader', async () => {
    const text = await screen(leaderless());
    expect(text).toContain('HEALTH  unavailable   LEADER  none');
    expect(text).toContain('needs 2 of 3, live 1 -> no majority: writes have stopped');
    expect(text).toContain('1   n1    candidate');
  });

  test('shows both halves of a joint configuration', async () => {
    const data = toStatusData(joint(), now);
    expect(data.nodes.map(({ id, set }) => [id, set])).toEqual([
      [1, 'voter'],
      [2, 'voter(out)'],
      [3, 'learner(next)'],
      [4, 'voter(in)'],
    ]);
    const text = await screen(joint());
    expect(text).toContain(
      'CONFIG   joint @119   voters 1,4   and of before 1,2,3   learners next 3   to be left by hand',
    );
    expect(text).toContain('! the configuration stays joint until it is left: raftctl member change leave');
  });

  test('does not let what nodes say of themselves move the cursor', async () => {
    const view = steady();
    const [first] = view.nodes;
    const evil = { ...view, nodes: [{ ...first, name: 'n1\u001b[2J\nroot' } as typeof first & object] };
    const text = await screen(evil);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('n1\\u{1b}[2J\\nroot');
  });
});

describe('status as data', () => {
  test('names the smallest losses that stop writes', () => {
    expect(toStatusData(steady(), now).quorum).toEqual({
      sets: [{ name: 'voters', size: 3, needed: 2, live: 3 }],
      available: true,
      tolerates: 1,
      toleratesNominal: 1,
      minimalCuts: [
        [1, 2],
        [1, 3],
        [2, 3],
      ],
    });
  });

  test('says null where nobody can say, never -1 and never an empty text', () => {
    const down = toStatusData(oneDown(), now).nodes.find(({ id }) => id === 3);
    expect(down).toMatchObject({
      role: 'unknown',
      reachable: false,
      term: null,
      commit: null,
      rttMs: null,
      version: null,
    });
    expect(down?.error).toEqual({ code: 'E_CONN_REFUSED', message: '10.0.0.3:7400 refused the connection' });
    expect(JSON.stringify(toStatusData(leaderless(), now))).not.toMatch(/:-1|:""/);
  });
});
