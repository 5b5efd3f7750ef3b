import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { planRecovery } from '../../src/recovery/index.js';
import { termAt } from '../../src/recovery/log-order.js';
import { checkQuorumIsLost } from '../../src/recovery/refusals.js';
import { collected, voters, wish } from './collected.js';

/** A node of the model: the terms of its entries from index 2 on, and what it knows. */
interface ModelNode {
  readonly id: number;
  terms: number[];
  term: number;
  commit: number;
}

/** One thing that happens; nodes are named by any number, taken modulo how many there are. */
type Happening =
  | { readonly kind: 'elect'; readonly who: number; readonly reached: number }
  | { readonly kind: 'append'; readonly who: number }
  | { readonly kind: 'replicate'; readonly who: number; readonly to: number; readonly upTo: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('elect' as const), who: fc.nat(6), reached: fc.nat(127) }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('append' as const), who: fc.nat(6) }), weight: 1 },
  {
    arbitrary: fc.record({ kind: fc.constant('replicate' as const), who: fc.nat(6), to: fc.nat(6), upTo: fc.nat(1) }),
    weight: 9,
  },
);

/**
 * Five nodes: 1 leads and reaches 2 with its entry. 3 is elected by 4 and 5, and writes to its own disk alone. 1 is elected again, commits
 * its entries with 4 and 5, and tells 2 of it without its newest entry. Now 3 is further than 2, and lacks what 2 knows to be committed.
 */
const furthestLacksCommitted: readonly Happening[] = [
  { kind: 'elect', who: 0, reached: 0b11111 },
  { kind: 'replicate', who: 0, to: 1, upTo: 0 },
  { kind: 'elect', who: 2, reached: 0b11100 },
  { kind: 'elect', who: 0, reached: 0b11011 },
  { kind: 'replicate', who: 0, to: 3, upTo: 0 },
  { kind: 'replicate', who: 0, to: 4, upTo: 0 },
  { kind: 'replicate', who: 0, to: 1, upTo: 1 },
];

/** Anything, and now and then the story above with anything before and behind it: chance alone hardly ever finds it. */
const history: fc.Arbitrary<readonly Happening[]> = fc.oneof(
  { arbitrary: fc.array(happening, { minLength: 10, maxLength: 60, size: 'max' }), weight: 3 },
  {
    arbitrary: fc
      .tuple(fc.array(happening, { maxLength: 6 }), fc.array(happening, { maxLength: 6 }))
      .map(([before, behind]) => [...before, ...furthestLacksCommitted, ...behind]),
    weight: 1,
  },
);

/** The rules of figure 2 of the paper that decide what logs and commit indexes can be; messages are never delayed here, only missing. */
class Model {
  readonly nodes: readonly ModelNode[];
  /** What each leader knows of the others, while it leads. */
  readonly #matched = new Map<ModelNode, Map<ModelNode, number>>();

  constructor(size: number) {
    this.nodes = Array.from({ length: size }, (_, at) => ({ id: at + 1, terms: [], term: 1, commit: 1 }));
  }

  happens(event: Happening): void {
    const who = this.#node(event.who);
    if (event.kind === 'elect') this.#elect(who, event.reached);
    else if (!this.#matched.has(who)) return;
    else if (event.kind === 'append') this.#append(who);
    else this.#replicate(who, this.#node(event.to), event.upTo);
  }

  #node(at: number): ModelNode {
    return this.nodes[at % this.nodes.length] as ModelNode;
  }

  #elect(who: ModelNode, reached: number): void {
    const voting = this.nodes.filter((node, at) => node === who || (reached & (1 << at)) !== 0);
    const term = Math.max(...voting.map((node) => node.term)) + 1;
    const granting = voting.filter(
      (node) =>
        lastTerm(who) > lastTerm(node) || (lastTerm(who) === lastTerm(node) && who.terms.length >= node.terms.length),
    );
    for (const node of voting) this.#sees(node, term);
    if (granting.length * 2 <= this.nodes.length) return;
    this.#matched.set(who, new Map());
    this.#append(who);
  }

  #append(leader: ModelNode): void {
    leader.terms.push(leader.term);
  }

  /** An append of the leader's log up to some entries before its end, its acknowledgement, and the commit index that follows. */
  #replicate(leader: ModelNode, to: ModelNode, before: number): void {
    if (to === leader || to.term > leader.term) {
      if (to.term > leader.term) this.#sees(leader, to.term);
      return;
    }
    this.#sees(to, leader.term);
    const sent = leader.terms.slice(0, Math.max(0, leader.terms.length - before));
    if (sent.some((term, at) => to.terms[at] !== term)) to.terms = [...sent];
    const match = sent.length + 1;
    const matched = this.#matched.get(leader) ?? new Map<ModelNode, number>();
    matched.set(to, Math.max(match, matched.get(to) ?? 0));
    this.#advance(leader, matched);
    to.commit = Math.max(to.commit, Math.min(leader.commit, match));
  }

  #advance(leader: ModelNode, matched: ReadonlyMap<ModelNode, number>): void {
    const indexes = this.nodes.map((node) => (node === leader ? leader.terms.length + 1 : (matched.get(node) ?? 0)));
    const index = indexes.sort((a, b) => b - a)[Math.floor(indexes.length / 2)] ?? 0;
    if (index > leader.commit && leader.terms[index - 2] === leader.term) leader.commit = index;
  }

  #sees(node: ModelNode, term: number): void {
    if (term <= node.term) return;
    node.term = term;
    this.#matched.delete(node);
  }
}

function lastTerm({ terms }: ModelNode): number {
  return terms.at(-1) ?? 1;
}

describe('whatever has happened before', () => {
  test('the base holds every entry that a survivor knows to be committed', () => {
    let furthestWasWrong = 0;
    fc.assert(
      fc.property(fc.constantFrom(3, 4, 5, 6, 7), history, fc.nat(127), (size, events, kept) => {
        const model = new Model(size);
        for (const event of events) model.happens(event);
        const survives = (_: ModelNode, at: number) => at === kept % size || (kept & (1 << at)) !== 0;
        const left = model.nodes.filter(survives).slice(0, Math.floor(size / 2));
        const ids = model.nodes.map(({ id }) => id);
        const config = voters(...ids);
        const survivors = left.map(({ id, terms, term, commit }) => collected({ id, terms, term, commit, config }));
        const lost = ids.filter((id) => !left.some((node) => node.id === id));
        // Of an even number, half is no majority.
        const plan = planRecovery(survivors, wish(lost));
        const base = survivors.find(({ nodeId }) => nodeId === plan.base);
        for (const { hardState, log } of survivors) {
          expect(base && termAt(base.log, hardState.commit)).toBe(termAt(log, hardState.commit));
          expect(plan.start.term).toBeGreaterThan(Math.max(hardState.term, log.lastTerm));
        }
        const furthest = survivors.toSorted((a, b) => b.log.lastTerm - a.log.lastTerm || b.log.last - a.log.last)[0];
        if (furthest !== undefined && furthest.log.lastTerm !== base?.log.lastTerm) furthestWasWrong += 1;
      }),
      { numRuns: 2000 },
    );
    // The histories are those that the rule is for: with the furthest log alone some of them would lose what was promised.
    expect(furthestWasWrong).toBeGreaterThan(0);
  });
});

describe('whether a quorum is left', () => {
  const idsOf = (mask: number) => [1, 2, 3, 4, 5, 6, 7].filter((id) => (mask & (1 << (id - 1))) !== 0);
  const majorityIn = (set: readonly number[], alive: readonly number[]) =>
    set.length === 0 || set.filter((id) => alive.includes(id)).length * 2 > set.length;
  const isRefused = (incoming: readonly number[], outgoing: readonly number[], alive: readonly number[]) => {
    const confState = { ...voters(...incoming), votersOutgoing: [...outgoing] };
    const survivors = alive.map((id) => collected({ id, terms: [] }));
    try {
      checkQuorumIsLost({ index: 1, confState }, survivors);
      return false;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(RaftctlError);
      return true;
    }
  };

  test('is judged as counting does, for every configuration of up to seven voters', () => {
    for (let mask = 1; mask < 128; mask++) {
      for (let alive = 1; alive < 128; alive++) {
        const [set, left] = [idsOf(mask), idsOf(alive)];
        if (isRefused(set, [], left) !== majorityIn(set, left)) throw new Error(`{${set}} with ${left} left`);
      }
    }
  });

  test('and for joint ones', () => {
    const mask = fc.integer({ min: 1, max: 127 });
    fc.assert(
      fc.property(mask, mask, mask, (incoming, outgoing, alive) => {
        const [into, out, left] = [idsOf(incoming), idsOf(outgoing), idsOf(alive)];
        expect(isRefused(into, out, left)).toBe(majorityIn(into, left) && majorityIn(out, left));
      }),
      { numRuns: 3000 },
    );
  });
});
