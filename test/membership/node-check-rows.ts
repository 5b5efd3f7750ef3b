import type { CheckId, PlanningFacts, SaidFacts } from '../../src/membership/index.js';
import { type healthy, member, type Wanted } from './facts.js';

/** Check, configuration, what is different from a healthy cluster, what is wanted, and the verdict. */
export type CheckRow = [CheckId, Parameters<typeof healthy>[0], Partial<PlanningFacts>, Wanted, string];

const three = { voters: [1, 2, 3] };

/** Id of a data directory. */
export const directory = (digit: string) => digit.repeat(32);
/** Voter `id` left at index 90. */
export const left = (id: number, instance?: string): Partial<PlanningFacts> => ({
  removed: [{ member: { ...member(id), instance, hasVoted: true }, removedIndex: 90, removedMs: 0 }],
});
/** What node `id` says of itself. */
export const says = (id: number, said: SaidFacts): Partial<PlanningFacts> => ({ said: new Map([[id, said]]) });
const zones = (byId: Record<number, string>): Partial<PlanningFacts> => ({
  members: Object.entries(byId).map(([id, zone]) => ({ ...member(Number(id)), zone })),
});

/** Verdicts on the nodes themselves: who they are, and what they have. */
export const nodeCheckRows: CheckRow[] = [
  ['id-reuse', three, left(9), { learners: [4], peers: [4] }, 'ok: 1 id added, none of which was a voter before'],
  ['id-reuse', three, left(3), { voters: [1, 3] }, 'ok: 0 ids added, none of which was a voter before'],
  [
    'id-reuse',
    three,
    left(4, directory('4')),
    { learners: [4], peers: [4] },
    'ok: 4 was a voter before: it may return with its own data directory only',
  ],
  [
    'id-reuse',
    three,
    { ...left(4, directory('4')), ...says(4, { instance: directory('4') }) },
    { learners: [4], peers: [4] },
    'ok: 4 was a voter before: it may return with its own data directory only',
  ],
  [
    'id-reuse',
    three,
    { ...left(4, directory('4')), ...says(4, { instance: directory('f') }) },
    { learners: [4], peers: [4] },
    'fail: 4 was a voter until index 90, and comes back with another data directory: a new node needs an id that nobody had',
  ],
  [
    'id-reuse',
    three,
    left(4),
    { learners: [4], peers: [4] },
    'fail: 4 was a voter until index 90, with a data directory that is not known: a new node needs an id that nobody had',
  ],

  ['node-identity', three, {}, { voters: [1, 3] }, 'ok: 0 new nodes, of no other cluster'],
  ['node-identity', three, {}, { learners: [4], peers: [4] }, 'ok: 4 said nothing of it yet'],
  [
    'node-identity',
    three,
    says(4, { clusterId: '', incarnation: 1 }),
    { learners: [4, 5], peers: [4, 5] },
    'ok: 1 new node, of no other cluster; 5 said nothing of it yet',
  ],
  [
    'node-identity',
    three,
    says(4, { clusterId: 'f'.repeat(32), incarnation: 1 }),
    { learners: [4], peers: [4] },
    `fail: n4 belongs to another cluster, ${'f'.repeat(32)}`,
  ],
  [
    'node-identity',
    three,
    { ...says(4, { clusterId: 'c', incarnation: 1 }), clusterId: 'c', incarnation: 2 },
    { learners: [4], peers: [4] },
    'fail: n4 is of incarnation 1 of the cluster, which is at 2',
  ],

  [
    'version-compat',
    three,
    says(4, { version: '0.9.9' }),
    { learners: [4], peers: [4] },
    "ok: 1 new node, of the leader's major version, 0.3.1",
  ],
  [
    'version-compat',
    three,
    says(4, { version: '1.0.0' }),
    { learners: [4], peers: [4] },
    'fail: n4 runs 1.0.0, the leader 0.3.1: another major version',
  ],
  // Who is a member is one whatever it runs.
  [
    'version-compat',
    three,
    says(3, { version: '1.0.0' }),
    { voters: [1, 3] },
    "ok: 0 new nodes, of the leader's major version, 0.3.1",
  ],

  ['zone-spof', three, {}, { voters: [1, 3] }, 'ok: the zones of the new voters are not known'],
  [
    'zone-spof',
    three,
    zones({ 1: 'a', 2: 'b', 3: 'c' }),
    { voters: [1, 2, 3], learners: [4], peers: [4] },
    'ok: no zone alone holds what the new voters {1,2,3} need',
  ],
  [
    'zone-spof',
    { voters: [1, 2, 3], learners: [4] },
    zones({ 1: 'a', 2: 'b', 3: 'c', 4: 'a' }),
    { voters: [1, 2, 4] },
    "warn: zone a has 1,4 of the new voters {1,2,4}: its loss alone stops writes, which no zone's does now",
  ],
  [
    'zone-spof',
    { voters: [1, 2, 3], learners: [4] },
    zones({ 1: 'a', 2: 'b', 3: 'c', 4: 'a' }),
    { voters: [1, 2, 3, 4] },
    "warn: zone a has 1,4 of the new voters {1,2,3,4}: its loss alone stops writes, which no zone's does now",
  ],
  [
    'zone-spof',
    three,
    zones({ 1: 'a', 2: 'a', 3: 'b' }),
    { voters: [1, 3] },
    'ok: zone a has 1 of the new voters {1,3}; without a zone writes stop now, too',
  ],

  ['disk-space', three, {}, { voters: [1, 3] }, 'ok: no snapshot has to be sent'],
  ['disk-space', three, {}, { learners: [4], peers: [4] }, 'ok: the free space of 4 is not known; 8.0 KiB are needed'],
  [
    'disk-space',
    three,
    says(4, { diskFreeBytes: 8192 }),
    { learners: [4], peers: [4] },
    'ok: there is room for a snapshot on all that need one',
  ],
  [
    'disk-space',
    three,
    says(4, { diskFreeBytes: 8191 }),
    { learners: [4, 5], peers: [4, 5] },
    'fail: n4 has 8.0 KiB free, and needs 8.0 KiB for a snapshot of 4.0 KiB',
  ],

  ['disk-traffic', three, {}, { voters: [1, 3] }, 'ok: no snapshot has to be sent'],
  ['disk-traffic', three, { firstIndex: 1 }, { learners: [4], peers: [4] }, 'ok: no snapshot has to be sent'],
  [
    'disk-traffic',
    three,
    {},
    { learners: [4], peers: [4] },
    'ok: n1 must send a snapshot of 4.0 KiB to 4, 4.0 KiB in all',
  ],
  [
    'disk-traffic',
    three,
    { snapshotBytes: 851443712 },
    { learners: [4, 5], peers: [4, 5] },
    'warn: n1 must send a snapshot of 812 MiB to 4,5, 1.6 GiB in all',
  ],

  ['clock-skew', three, {}, { voters: [1, 3] }, 'ok: 0 clocks compared, none is off by a second'],
  [
    'clock-skew',
    three,
    says(3, { clockOffsetMs: 999 }),
    { voters: [1, 3] },
    'ok: 1 clock compared, none is off by a second',
  ],
  [
    'clock-skew',
    three,
    says(3, { clockOffsetMs: -61_500 }),
    { voters: [1, 3] },
    "warn: the clock of n3 is 61.5 s behind the leader's: dates of what happens will not fit together",
  ],
  [
    'clock-skew',
    three,
    says(2, { clockOffsetMs: 5000 }),
    { voters: [1, 3] },
    'ok: 0 clocks compared, none is off by a second',
  ],
];
