import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfChangeTransition, type ConfChangeV2 } from '../../src/gen/raft/v1/raft.js';
import { newConfChangeSingle } from '../../src/raft/conf-change.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import { bytes } from './network.js';
import { Observer, type Reached } from './observer.js';
import { type Member, World } from './world.js';

/*
 * Random histories of five nodes, three of them voters at first, the others learners or strangers: messages arrive in any order, twice or never; writes become durable late;
 * nodes crash between any two steps; members are changed, jointly or not, and back; logs are compacted. After every step every invariant
 * of the protocol is looked at, on all nodes.
 *
 * RUNS=10000 plays more of them. A failure is printed with its seed and a path, the number of the run: SEED=… RUN=… plays just that again.
 */

const NODES = 5;
const { RUNS = '100', SEED, RUN = '0' } = process.env;

const step = fc.record({
  does: fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom('deliver', 'hand out', 'persist', 'apply') },
    { weight: 5, arbitrary: fc.constantFrom('all', 'propose') },
    { weight: 2, arbitrary: fc.constantFrom('tick', 'campaign', 'repeat', 'lose', 'crash', 'read') },
    { weight: 3, arbitrary: fc.constantFrom('change members', 'leave joint', 'transfer', 'compact', 'part') },
    { weight: 1, arbitrary: fc.constantFrom('ask for a snapshot', 'unreachable', 'report') },
  ),
  id: fc.integer({ min: 1, max: NODES }),
  number: fc.nat(1000),
});
const options = fc.record({
  preVote: fc.boolean(),
  checkQuorum: fc.boolean(),
  piggybackCommit: fc.boolean(),
  batchAppend: fc.boolean(),
  skipBcastCommit: fc.boolean(),
  stepDownOnRemoval: fc.boolean(),
  maxInflightMsgs: fc.constantFrom(1, 2, 256),
  maxSizePerMsg: fc.constantFrom(0, 30, 10_000),
  maxCommittedSizePerReady: fc.constantFrom(1, 10_000),
});

/** Up to three steps of a change, each of which makes one of the five nodes a voter or a learner or removes it. */
function anyChange(number: number): ConfChangeV2 {
  const { AUTO, IMPLICIT, EXPLICIT } = ConfChangeTransition;
  const transition = [AUTO, IMPLICIT, EXPLICIT][number % 3] ?? AUTO;
  const changes = [number % 15, Math.floor(number / 15) % 15, Math.floor(number / 225) % 15]
    .slice(0, 1 + (number % 3))
    .map((one) => newConfChangeSingle(1 + (one % NODES), Math.floor(one / NODES)));
  return { transition, changes, context: EMPTY };
}

/** One step: what happens, to whom, with which choice among what is possible. */
interface Happening {
  readonly world: World;
  readonly member: Member;
  readonly number: number;
  /** Another node. */
  readonly other: number;
  /** Position of a message under way. */
  readonly at: number;
  /** Different for each step. */
  readonly name: string;
}

const HAPPENINGS: Readonly<Record<string, (happening: Happening, observer: Observer) => void>> = {
  deliver: ({ world, at }) => world.deliver(at, false),
  repeat: ({ world, at }) => world.deliver(at, true),
  lose: ({ world, at, number }) => world.flying.splice(at, 1 + (number % 5)),
  'hand out': ({ world, member }) => world.send(member.handOut()),
  persist: ({ world, member }) => world.send(member.persist()),
  apply: ({ member }) => member.apply(),
  all: ({ world }) => world.round(),
  // Not always: a history that is mostly parted comes to nothing.
  part: ({ world, number }) => {
    const side = number % 3 === 0 ? [] : [1, 2, 3, 4, 5].filter((id) => number & (1 << id));
    world.side = new Set(side);
  },
  crash: ({ member }) => member.crash(),
  compact: ({ member }) => member.compact(),
  campaign: ({ member }) => member.node.campaign(),
  tick: ({ member, number }) => {
    for (let ticks = number % 12; ticks >= 0; ticks--) member.node.tick();
  },
  propose: ({ world, member, name }) => world.try(() => member.node.propose(EMPTY, bytes(name))),
  read: ({ member, name }, observer) => {
    observer.readBegins(name);
    member.node.readIndex(bytes(name));
  },
  'change members': ({ world, member, number }) =>
    world.try(() => member.node.proposeConfChange(EMPTY, anyChange(number))),
  'leave joint': ({ world, member, number }) =>
    world.try(() =>
      member.node.proposeConfChange(EMPTY, {
        transition: number % 2 === 0 ? ConfChangeTransition.AUTO : ConfChangeTransition.ROLLBACK,
        changes: [],
        context: EMPTY,
      }),
    ),
  transfer: ({ member, other }) => member.node.transferLeader(other),
  unreachable: ({ member, other }) => member.node.reportUnreachable(other),
  report: ({ member, other, number }) => member.node.reportSnapshot(other, number % 2 === 0 ? 'finish' : 'failure'),
  'ask for a snapshot': ({ world, member }) => world.try(() => member.node.requestSnapshot()),
};

/** What only a leader can do much about. */
const FOR_LEADERS: ReadonlySet<string> = new Set(['propose', 'change members', 'leave joint', 'transfer', 'compact']);

test(
  'random histories: whatever happens, in whatever order, every invariant holds',
  () => {
    const reached: Reached = { terms: 0, committed: 0, joint: 0, snapshots: 0, reads: 0 };
    fc.assert(
      fc.property(
        options,
        fc.boolean(),
        fc.array(step, { minLength: 200, maxLength: 500, size: 'max' }),
        (settings, strangers, steps) => {
          const confState = { ...emptyConfState(), voters: [1, 2, 3], learners: strangers ? [] : [4, 5] };
          const world = new World(NODES, confState, settings);
          const observer = new Observer(reached);
          world.onSend = (message) => observer.sees(message);
          for (const [count, { does, id, number }] of steps.entries()) {
            const member = FOR_LEADERS.has(does) && number % 5 > 0 ? world.leader(id) : world.member(id);
            const at = number % Math.max(1, world.flying.length);
            const happening = { world, member, number, other: 1 + (number % NODES), at, name: `step ${count}` };
            HAPPENINGS[does]?.(happening, observer);
            observer.looksAt(world.members.values());
          }
        },
      ),
      { numRuns: Number(RUNS), endOnFailure: true, ...(SEED === undefined ? {} : { seed: Number(SEED), path: RUN }) },
    );
    // They do get somewhere.
    if (SEED === undefined) for (const count of Object.values(reached)) expect(count).toBeGreaterThan(5);
  },
  60_000 + 500 * Number(RUNS),
);
