import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { PendingProposals } from '../../src/node/proposals.js';

const answer = (index: number) => ({ index, term: 1, result: new Uint8Array(0), duplicate: false });

describe('proposals that wait for their entry', () => {
  it('are answered by the id in the entry’s context, in whatever order entries come', async () => {
    const pending = new PendingProposals(1, 7);
    const first = pending.add(0);
    const second = pending.add(0);
    pending.resolve(second.context, answer(11));
    pending.resolve(first.context, answer(12));
    await expect(first.result).resolves.toMatchObject({ index: 12 });
    await expect(second.result).resolves.toMatchObject({ index: 11 });
  });

  it('do not take the answer of another node, or of an earlier life of this one', () => {
    const mine = new PendingProposals(1, 7);
    mine.add(0);
    for (const other of [new PendingProposals(2, 7), new PendingProposals(1, 8)]) {
      expect(mine.resolve(other.add(0).context, answer(1))).toBeUndefined();
    }
    expect(mine.resolve(new Uint8Array(0), answer(1))).toBeUndefined();
    expect(mine.size).toBe(1);
  });

  it('end with the reason when the leadership is lost', async () => {
    const pending = new PendingProposals(1, 7);
    const { result, context } = pending.add(0);
    pending.failAll(new RaftctlError('E_OUTCOME_UNKNOWN', 'the leader changed'));
    await expect(result).rejects.toMatchObject({ code: 'E_OUTCOME_UNKNOWN' });
    expect(pending.resolve(context, answer(1)), 'its entry comes by later').toBeUndefined();
  });

  it('know their own contexts for all node ids', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(), (nodeId, nonce) => {
        const pending = new PendingProposals(nodeId, nonce);
        const made = [pending.add(0), pending.add(0)];
        for (const { result } of made) result.catch(() => {});
        expect(made.map(({ context }) => pending.idOf(context))).toEqual(made.map(({ id }) => id));
      }),
    );
  });
});
