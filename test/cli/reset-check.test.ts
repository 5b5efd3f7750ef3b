import { expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { checkRemoved, type DirectoryFacts } from '../../src/cli/reset-check.js';
import type { ClusterView } from '../../src/client/index.js';

const facts: DirectoryFacts = {
  ...{ nodeId: 3, clusterId: 'c1', clusterName: 'prod', incarnation: 1, membership: 'voter' },
  ...{ isBegun: false, isFenced: false },
};

/** What the running cluster says of itself. */
function view(voters: readonly number[], more: Partial<ClusterView> = {}): ClusterView {
  const confState = { voters: [...voters], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const rest = { leader: undefined, nodes: [], absence: undefined, strangers: [] };
  return { clusterId: 'c1', name: 'prod', incarnation: 1, configIndex: 9, confState, ...rest, ...more };
}

function outcome(of: Partial<DirectoryFacts>, seen?: ClusterView, accepted: readonly string[] = []): string {
  try {
    checkRemoved({ ...facts, ...of }, seen, accepted);
    return 'permitted';
  } catch (thrown) {
    return thrown instanceof RaftctlError ? thrown.code : String(thrown);
  }
}

test.each([
  ['a voter of which nobody was asked', outcome({}), 'E_REFUSED'],
  ['a damaged directory of which nobody was asked', outcome({ membership: 'unknown' }), 'E_REFUSED'],
  ['a voter that is a member still', outcome({}, view([1, 2, 3])), 'E_REFUSED'],
  ['endpoints of another cluster', outcome({}, view([1], { clusterId: 'c2' })), 'E_WRONG_CLUSTER'],
  ['a risk that there is not', outcome({}, undefined, ['anything']), 'E_USAGE'],
  ['a voter that was removed', outcome({}, view([1, 2])), 'permitted'],
  ['one of an earlier incarnation', outcome({}, view([1, 3], { incarnation: 2 })), 'permitted'],
  ['one that knows that it was removed', outcome({ membership: 'none' }), 'permitted'],
  ['one that knows that it was given up', outcome({ isFenced: true }), 'permitted'],
  ['one whose reset was interrupted', outcome({ isBegun: true }), 'permitted'],
  ['a member, by the operator’s word', outcome({}, view([1, 2, 3]), ['still-member']), 'permitted'],
])('%s', (_, became, wanted) => expect(became).toBe(wanted));
