import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { type Client, createClient } from '../../src/client/index.js';
import {
  type AbortChangeRequest,
  AbortChangeResponse,
  ChangeRecord,
  ChangeResult,
  GetChangeResponse,
} from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio } from './fake-node.js';

describe('a client that takes a change back', () => {
  let nodes: [FakeNode, FakeNode, FakeNode];
  let client: Client;

  beforeEach(async () => {
    nodes = await startTrio();
    client = createClient({ endpoints: [nodes[0].address], timeoutMs: 5000 });
  });
  afterEach(() => {
    client.close();
    for (const node of nodes) node.stop();
  });

  const tooLate = new RaftctlError('E_CONFLICT', 'change c1 cannot be taken back any more');
  const remembered = (result: ChangeResult) => {
    const change = ChangeRecord.fromPartial({ id: 'c1', result });
    for (const node of nodes) {
      node.on('getChange', () => GetChangeResponse.fromPartial({ change }));
      node.on('listChanges', () => ({ changes: [change] }));
    }
  };

  /** The first wish is taken and its answer lost; by the second the change has ended. */
  const loseTheAnswer = () => {
    let asked = 0;
    nodes[0].on('abortChange', () => (++asked === 1 ? 'lost' : tooLate));
  };

  test('is told that it is, where the answer was lost and the change has ended so meanwhile', async () => {
    loseTheAnswer();
    remembered(ChangeResult.ABORTED);
    expect(await client.changes.abort({ id: 'c1' })).toMatchObject({
      change: { id: 'c1', result: ChangeResult.ABORTED },
      notedBy: [],
    });
    expect(nodes[0].requests('abortChange')).toHaveLength(2);
  });

  test('is told of the conflict where the change was carried out all the same', async () => {
    loseTheAnswer();
    remembered(ChangeResult.DONE);
    await expect(client.changes.abort({ id: 'c1' })).rejects.toMatchObject({ code: 'E_CONFLICT' });
  });

  test('is told of the conflict where somebody else had taken it back before', async () => {
    nodes[0].on('abortChange', () => tooLate);
    remembered(ChangeResult.ABORTED);
    await expect(client.changes.abort({ id: 'c1' })).rejects.toMatchObject({ code: 'E_CONFLICT' });
  });

  test('names the one that runs, so that the wish means no other one when it is repeated', async () => {
    let asked = 0;
    nodes[0].on('abortChange', () =>
      ++asked === 1 ? 'lost' : AbortChangeResponse.fromPartial({ change: { id: 'c1' } }),
    );
    remembered(ChangeResult.RUNNING);
    await client.changes.abort();
    expect(nodes[0].requests<AbortChangeRequest>('abortChange').map(({ id }) => id)).toEqual(['c1', 'c1']);
  });
});
