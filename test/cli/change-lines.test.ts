import { describe, expect, test } from 'vitest';
import { changeBlock, heartbeatLine, phaseLine } from '../../src/cli/change-lines.js';
import { advance, beginProgress, type ChangeProgress } from '../../src/cli/change-progress.js';
import { reportFor } from '../../src/cli/change-report.js';
import type { ChangeMembersResponse } from '../../src/client/index.js';
import { ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import { catchingUp, changeId, event, storyOf } from './change-fixture.js';

/** What a watcher knows after these events, one a second. */
function watched(...events: readonly ChangeMembersResponse[]): ChangeProgress {
  return events.reduce((progress, next, at) => advance(progress, next, at * 1000), beginProgress(changeId, 0));
}

const terminal = { width: 80, unicode: true };
const quorums = [
  { set: 'incoming', voters: [1, 3, 4], needed: 2, acked: [1], missing: [3, 4] },
  { set: 'outgoing', voters: [1, 2, 3], needed: 2, acked: [1, 2], missing: [3] },
];

describe('a change on a terminal', () => {
  test('shows what is past, how far its nodes are, and what is ahead', () => {
    const [planned, added] = storyOf();
    if (planned === undefined || added === undefined) throw new Error('the story has a beginning');
    const progress = watched(planned, added, catchingUp(2408), catchingUp(1204));
    expect(changeBlock(progress, 72_000, terminal).join('\n')).toBe(
      [
        'change 01J8Z3P2QK4T   {1,2,3} -> {1,3,4}   learners {} -> {5}              1m12s',
        '  ✔ preflight      2 checks, 1 warned                                       1.0s',
        '  ✔ add learners   learner 4 is added                                       1.0s',
        '  ▸ catch up       waiting for 4                                           1m10s',
        '                   n4  ████████░░░░░░░░  50%  lag 1204, 86/s, eta 14.0s',
        '                   n5  █████░░░░░░░░░░░  35%  292 MiB of 812 MiB  not required',
        '  · enter joint    promote learner 4; remove voter 2: one joint change',
        '  · joint          joint: commits and elections need 2 of {1,2,3} AND 2 of {1,3,',
        '  · leave joint    leave joint (automatic): committed by both',
        'Ctrl-C detaches. Re-attach: raftctl member change watch 01J8Z3P2QK4T',
      ].join('\n'),
    );
  });

  test('names who has acknowledged in either half, and what it waits for', () => {
    const progress = watched(
      event(ChangePhase.JOINT, 'joint', { quorums }),
      event(ChangePhase.STUCK, 'n3 and n4 are not in reach', { quorums }),
    );
    expect(changeBlock(progress, 2000, terminal)).toEqual([
      'change 01J8Z3P2QK4T                                                         2.0s',
      '  ▸ joint          joint                                                    2.0s',
      '                   in   {1,3,4}  needs 2  acknowledged 1  missing 3,4',
      '                   out  {1,2,3}  needs 2  acknowledged 1,2  missing 3',
      '  ! stuck          n3 and n4 are not in reach',
      'Ctrl-C detaches. Re-attach: raftctl member change watch 01J8Z3P2QK4T',
    ]);
  });

  test('ends with nothing ahead', () => {
    const lines = changeBlock(watched(...storyOf()), 6000, terminal);
    expect(lines.at(-1)).toBe('  ✔ done           done');
    expect(lines.join('\n')).not.toMatch(/[·▸]/);
  });

  test('keeps to ASCII where the locale knows nothing else, and to the width of the terminal', () => {
    for (const width of [40, 80]) {
      const lines = changeBlock(watched(...storyOf().slice(0, 3)), 3000, { width, unicode: false });
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
      expect(lines.join('')).toMatch(/^[ -~]*$/);
    }
  });

  test('lets no name move the cursor', () => {
    const progress = watched(event(ChangePhase.JOINT, 'evil \u001b[2J'));
    expect(changeBlock(progress, 0, terminal).join()).not.toContain('\u001b');
    expect(phaseLine('joint', 'evil \u001b[2J')).not.toContain('\u001b');
  });
});

describe('a change without a terminal', () => {
  test('says now and then how it stands, and since when nothing has moved', () => {
    const progress = watched(catchingUp(2408), catchingUp(1204));
    expect(heartbeatLine(progress, 5000)).toBe(
      '  catching-up      n4 lag 1204, 86/s, eta 14.0s; n5 292 MiB of 812 MiB',
    );
    expect(heartbeatLine(progress, 41_000)).toMatch(/; no progress for 40\.0s$/);
    expect(heartbeatLine(advance(progress, catchingUp(1100), 41_000), 41_000)).not.toContain('no progress');
  });

  test('is one line a phase, the plan aside', () => {
    const written: string[] = [];
    const report = reportFor(changeId, { quiet: false, verbose: false }, { write: (text) => written.push(text) }, {});
    for (const told of storyOf()) report.see(told);
    report.end();
    expect(written.join('')).toBe(
      [
        '  adding-learners  learner 4 is added',
        '  catching-up      waiting for 4',
        '  entering-joint   entering the joint configuration',
        '  joint            joint: commits and elections need both',
        '  leaving-joint    leaving the joint configuration',
        '  done             done',
        '',
      ].join('\n'),
    );
  });
});

describe('the report that fits', () => {
  function written(isTTY: boolean, env: NodeJS.ProcessEnv, quiet = false): string {
    const parts: string[] = [];
    const report = reportFor(
      changeId,
      { quiet, verbose: env['DEBUG'] !== undefined },
      { isTTY, columns: 80, write: (text) => parts.push(text) },
      env,
    );
    for (const told of storyOf()) report.see(told);
    report.end();
    return parts.join('');
  }

  test('is drawn over itself on a terminal alone, and its last state stays', () => {
    const block = written(true, { LANG: 'C.UTF-8' });
    expect(block).toContain('\u001b[');
    expect(block.slice(block.lastIndexOf('\u001b[0J'))).toContain('✔ done');
    expect(written(true, { LC_ALL: 'C', LANG: 'C.UTF-8' })).toMatch(/\+ done/);
  });

  test.each([
    ['in CI', { CI: 'true' }],
    ['on a dumb terminal', { TERM: 'dumb' }],
    ['between other lines', { DEBUG: '1' }],
  ])('is not drawn %s', (_, env) => {
    expect(written(true, env)).not.toContain('\u001b');
  });

  test('is nothing where quiet was asked for', () => {
    expect(written(true, {}, true)).toBe('');
  });
});
