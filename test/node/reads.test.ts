import { describe, expect, it } from 'vitest';
import { PendingReads } from '../../src/node/reads.js';

/** A core that writes down which rounds it was asked for. */
function recordingCore() {
  const contexts: Uint8Array[] = [];
  return { contexts, readIndex: (context: Uint8Array) => contexts.push(context) };
}

describe('linearizable reads', () => {
  it('that arrive in one turn share one round', async () => {
    const reads = new PendingReads();
    const core = recordingCore();
    const both = [reads.add(), reads.add()];
    reads.begin(core, 0, 0);
    expect(core.contexts).toHaveLength(1);
    reads.confirm(core.contexts[0] as Uint8Array, 42);
    await expect(Promise.all(both)).resolves.toEqual([42, 42]);
  });

  it('that arrive later wait for a round of their own: an older one may be confirmed by what was true before them', () => {
    const reads = new PendingReads();
    const core = recordingCore();
    void reads.add();
    reads.begin(core, 0, 0);
    void reads.add();
    reads.begin(core, 0, 0);
    expect(core.contexts).toHaveLength(2);
    expect(core.contexts[0]).not.toEqual(core.contexts[1]);
  });

  it('are asked for again, under a new context, when a round has had no answer for an election time-out', async () => {
    const reads = new PendingReads();
    const core = recordingCore();
    const read = reads.add();
    reads.begin(core, 0, 0);
    reads.retry(core, 900, 9, 10);
    expect(core.contexts).toHaveLength(1);
    reads.retry(core, 1000, 10, 10);
    expect(core.contexts).toHaveLength(2);

    expect(reads.confirm(core.contexts[0] as Uint8Array, 1), 'the late answer of the lost round').toBeUndefined();
    expect(reads.confirm(core.contexts[1] as Uint8Array, 2), 'when the round was begun').toBe(1000);
    await expect(read).resolves.toBe(2);
  });

  it('ask for nothing when nobody reads', () => {
    const reads = new PendingReads();
    const core = recordingCore();
    reads.begin(core, 0, 0);
    expect(core.contexts).toHaveLength(0);
  });
});
