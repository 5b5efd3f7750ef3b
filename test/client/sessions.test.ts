import { describe, expect, it } from 'vitest';
import { Sessions } from '../../src/client/sessions.js';

describe('the numbers of a client’s proposals', () => {
  it('go up by one, and name the lowest that still waits', () => {
    const sessions = new Sessions('ship');
    const first = sessions.open();
    expect(first).toEqual({ clientId: 'ship', sequence: 1, lowestPending: 1 });
    sessions.done(first, true);
    const [second, third] = [sessions.open(), sessions.open()];
    expect([second, third].map(({ sequence, lowestPending }) => [sequence, lowestPending])).toEqual([
      [2, 2],
      [3, 2],
    ]);
    sessions.done(second, true);
    expect(sessions.open()).toMatchObject({ sequence: 4, lowestPending: 3 });
  });

  it('wait for everything while nothing was applied: a cluster would take a later start for a session that it has forgotten', () => {
    const sessions = new Sessions('ship');
    sessions.done(sessions.open(), false);
    sessions.done(sessions.open(), false);
    const third = sessions.open();
    expect(third).toMatchObject({ sequence: 3, lowestPending: 1 });
    sessions.done(third, true);
    expect(sessions.open()).toMatchObject({ sequence: 4, lowestPending: 4 });
  });
});
