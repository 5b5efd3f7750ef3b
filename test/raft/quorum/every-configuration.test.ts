import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../../src/raft/config.js';
import { JointConfig } from '../../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../../src/raft/quorum/majority.js';
import type { GroupAckedIndexer, VoteResult } from '../../../src/raft/quorum/quorum.js';

/*
 * Every configuration of up to seven nodes, by counting. A set of nodes is a number here, of which bit i stands for node i + 1; what is
 * expected follows from the definition alone: an entry is committed where those who have it are more than half of each half.
 */

const NODES = 7;
const ALL = 2 ** NODES - 1;
const sizes = Uint8Array.from({ length: ALL + 1 }, (_, set) => set.toString(2).replaceAll('0', '').length);
const sizeOf = (set: number) => sizes[set] as number;
const idsOf = (set: number) => Array.from({ length: NODES }, (_, at) => at + 1).filter((id) => set & (1 << (id - 1)));
const configOf = (incoming: number, outgoing: number) =>
  new JointConfig(new MajorityConfig(idsOf(incoming)), new MajorityConfig(idsOf(outgoing)));

/** Whether these nodes decide for both halves; a half without voters agrees to everything. */
const decides = (incoming: number, outgoing: number, nodes: number) =>
  (incoming === 0 || 2 * sizeOf(incoming & nodes) > sizeOf(incoming)) &&
  (outgoing === 0 || 2 * sizeOf(outgoing & nodes) > sizeOf(outgoing));

/** Acknowledged indexes and groups that a test sets, node by node. */
class Acked implements GroupAckedIndexer {
  readonly indexes = new Array<number>(NODES).fill(0);
  readonly groups = new Array<number>(NODES).fill(0);

  /** Of a node that has nothing nothing is known. */
  ackedIndex(id: number): number | undefined {
    return this.indexes[id - 1] || undefined;
  }

  commitGroup(id: number): number {
    return this.groups[id - 1] as number;
  }

  /** Those of `nodes` that have the entry at `index`. */
  having(index: number, nodes: number): number {
    let set = 0;
    for (let at = 0; at < NODES; at++) if ((this.indexes[at] as number) >= index) set |= 1 << at;
    return set & nodes;
  }
}

/**
 * Lets `visit` see each order that the indexes of `count` nodes can be in, equal ones among them: no two that differ in no comparison.
 * Indexes are 0, 1, 2, …, without a gap.
 */
function everyOrder(count: number, acked: Acked, visit: (highest: number) => void): void {
  const used = new Array<number>(count).fill(0);
  const place = (at: number, distinct: number) => {
    if (at === count) {
      for (let level = 0; level < distinct; level++) if (used[level] === 0) return;
      visit(distinct - 1);
      return;
    }
    for (let level = 0; level < count; level++) {
      acked.indexes[at] = level;
      used[level] = (used[level] as number) + 1;
      place(at + 1, Math.max(distinct, level + 1));
      used[level] = (used[level] as number) - 1;
    }
  };
  place(0, 0);
  acked.indexes.fill(0);
}

/** The shapes of a configuration: nodes of the incoming half alone, of both, of the outgoing one alone. Names of nodes do not matter. */
function everyShape(visit: (incoming: number, outgoing: number, count: number) => void): number {
  let shapes = 0;
  for (let count = 0; count <= NODES; count++) {
    for (let first = 0; first <= count; first++) {
      for (let both = 0; first + both <= count; both++) {
        const all = 2 ** count - 1;
        visit(2 ** (first + both) - 1, all & ~(2 ** first - 1), count);
        shapes++;
      }
    }
  }
  return shapes;
}

describe('the committed index of every configuration of up to seven nodes', () => {
  test('whatever order their logs are in: the highest that both halves have', () => {
    const acked = new Acked();
    let compared = 0;
    const shapes = everyShape((incoming, outgoing, count) => {
      const config = configOf(incoming, outgoing);
      everyOrder(count, acked, (highest) => {
        const has = (index: number) => decides(incoming, outgoing, acked.having(index, ALL));
        let expected = count === 0 ? NO_LIMIT : highest;
        while (count > 0 && expected > 0 && !has(expected)) expected--;
        const index = config.committedIndex(acked);
        if (index !== expected) expect({ config: String(config), acked: [...acked.indexes], index }).toBe(expected);
        compared++;
      });
    });
    expect([shapes, compared]).toEqual([120, 1_846_310]);
  });

  test('whatever the names of the nodes: an entry that some have is committed where they decide', () => {
    const acked = new Acked();
    let compared = 0;
    for (let incoming = 1; incoming <= ALL; incoming++) {
      for (let outgoing = 0; outgoing <= ALL; outgoing++) {
        const config = configOf(incoming, outgoing);
        for (let having = 0; having <= ALL; having++) {
          for (let at = 0; at < NODES; at++) acked.indexes[at] = having & (1 << at) ? 9 : 0;
          const expected = decides(incoming, outgoing, having) ? 9 : 0;
          if (config.committedIndex(acked) !== expected) expect([String(config), idsOf(having)]).toBe(expected);
          compared++;
        }
      }
    }
    expect(compared).toBe(127 * 128 * 128);
  });
});

describe('the vote of every configuration of up to seven nodes', () => {
  test('whoever has voted for what: won, lost or open', () => {
    let compared = 0;
    const shapes = everyShape((incoming, outgoing, count) => {
      const config = configOf(incoming, outgoing);
      for (let yes = 0; yes < 2 ** count; yes++) {
        for (let no = 0; no < 2 ** count; no++) {
          if (yes & no) continue;
          const votes = new Map([
            ...idsOf(yes).map((id) => [id, true] as const),
            ...idsOf(no).map((id) => [id, false] as const),
          ]);
          let expected: VoteResult = 'pending';
          if (decides(incoming, outgoing, yes)) expected = 'won';
          else if (!decides(incoming, outgoing, ALL & ~no)) expected = 'lost';
          if (config.voteResult(votes) !== expected) expect([String(config), [...votes]]).toBe(expected);
          compared++;
        }
      }
    });
    expect([shapes, compared]).toEqual([120, 105_796]);
  });
});

/** Lets `visit` see each way to put `count` nodes into groups or into none, whatever the groups are called. */
function everyGrouping(count: number, acked: Acked, visit: () => void): void {
  const place = (at: number, groups: number) => {
    if (at === count) {
      visit();
      return;
    }
    for (let group = 0; group <= groups + 1; group++) {
      acked.groups[at] = group;
      place(at + 1, Math.max(groups, group));
    }
  };
  place(0, 0);
  acked.groups.fill(0);
}

/** By definition: the highest index that a majority has, and of which nodes of two groups have; without two groups, see `groupCommittedIndex`. */
function groupCommitted(voters: number, acked: Acked): { index: number; usedGroupCommit: boolean } {
  if (voters === 0) return { index: NO_LIMIT, usedGroupCommit: true };
  const ids = idsOf(voters);
  const groupsOf = (set: number) =>
    new Set(
      idsOf(set)
        .map((id) => acked.commitGroup(id))
        .filter((group) => group > 0),
    );
  const usedGroupCommit = groupsOf(voters).size >= 2;
  const everyoneHasGroup = ids.every((id) => acked.commitGroup(id) > 0);
  let index = NODES;
  for (; index > 0; index--) {
    const having = acked.having(index, voters);
    if (!decides(voters, 0, having)) continue;
    if (usedGroupCommit ? groupsOf(having).size >= 2 : everyoneHasGroup || having === voters) break;
  }
  return { index, usedGroupCommit };
}

describe('the committed index with commit groups', () => {
  test('of every majority of up to seven nodes, in every grouping, whatever order their logs are in', () => {
    const acked = new Acked();
    let compared = 0;
    for (let count = 0; count <= NODES; count++) {
      // Nodes that go down from one to the next by one entry or none: with every grouping, that is every order up to the nodes' names.
      for (let steps = 0; steps < 2 ** Math.max(0, count - 1); steps++) {
        let index = sizeOf(steps);
        // Names that do not go with the order, so that nothing can rely on it.
        const nameAt = (at: number) => (at % 2 === 0 ? at / 2 : count - (at + 1) / 2);
        for (let at = 0; at < count; at++) {
          acked.indexes[nameAt(at)] = index;
          if (steps & (1 << at)) index--;
        }
        const voters = 2 ** count - 1;
        const config = new MajorityConfig(idsOf(voters));
        everyGrouping(count, acked, () => {
          const actual = config.groupCommittedIndex(acked);
          const expected = groupCommitted(voters, acked);
          if (actual.index !== expected.index || actual.usedGroupCommit !== expected.usedGroupCommit) {
            expect({ indexes: [...acked.indexes], groups: [...acked.groups], actual }).toEqual(expected);
          }
          compared++;
        });
      }
      acked.indexes.fill(0);
    }
    expect(compared).toBe(296_761);
  });

  test('of every joint configuration of up to four nodes: the lower of both halves, used where both used it', () => {
    const acked = new Acked();
    let compared = 0;
    everyShape((incoming, outgoing, count) => {
      if (count > 4) return;
      const config = configOf(incoming, outgoing);
      everyOrder(count, acked, () => {
        everyGrouping(count, acked, () => {
          const halves = [groupCommitted(incoming, acked), groupCommitted(outgoing, acked)];
          const expected = {
            index: Math.min(...halves.map(({ index }) => index)),
            usedGroupCommit: halves.every(({ usedGroupCommit }) => usedGroupCommit),
          };
          const actual = config.groupCommittedIndex(acked);
          if (actual.index !== expected.index || actual.usedGroupCommit !== expected.usedGroupCommit) {
            expect({ config: String(config), indexes: [...acked.indexes], groups: [...acked.groups], actual }).toEqual(
              expected,
            );
          }
          compared++;
        });
      });
    });
    expect(compared).toBe(60_547);
  });

  test('of joint configurations of up to seven nodes, drawn by chance', () => {
    const half = fc.integer({ min: 0, max: ALL });
    const known = fc.array(fc.tuple(fc.nat(NODES), fc.nat(3)), { minLength: NODES, maxLength: NODES });
    fc.assert(
      fc.property(half, half, known, (incoming, outgoing, nodes) => {
        const acked = new Acked();
        nodes.forEach(([index, group], at) => {
          acked.indexes[at] = index;
          acked.groups[at] = group;
        });
        const halves = [groupCommitted(incoming, acked), groupCommitted(outgoing, acked)];
        expect(configOf(incoming, outgoing).groupCommittedIndex(acked)).toEqual({
          index: Math.min(...halves.map(({ index }) => index)),
          usedGroupCommit: halves.every(({ usedGroupCommit }) => usedGroupCommit),
        });
      }),
      { numRuns: 5000 },
    );
  });
});
