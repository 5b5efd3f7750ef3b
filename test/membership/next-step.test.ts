import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfChangeV2, ConfState } from '../../src/gen/raft/v1/raft.js';
import { ChangePhase, ChangeRecord, ChangeResult, PromoteWhen } from '../../src/gen/raftctl/v1/member.js';
import { type ChangeSituation, isBeyondAbort, type NextStep, nextStep } from '../../src/membership/index.js';
import { Changer } from '../../src/raft/confchange/changer.js';
import { JointConfig } from '../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../src/raft/quorum/majority.js';
import { Configuration } from '../../src/raft/tracker/configuration.js';
import { healthy, plan, request, type Wanted } from './facts.js';

/** A change on its way, carried out on the core's own arithmetic by nothing but `nextStep`. */
class Journey {
  record: ChangeRecord;
  conf: Configuration;
  configIndex = 118;
  leader: number;
  failedHandOvers = 0;
  isReady = true;
  /** Left out: as soon as all are ready. */
  isAcknowledged: boolean | undefined;
  readonly log: string[] = [];

  constructor(now: { voters: number[]; learners?: number[] }, wanted: Wanted) {
    this.leader = now.voters[0] ?? 0;
    const facts = healthy(now, { leader: this.leader });
    const planned = plan(facts, wanted);
    const { from, to, configIndex, members } = planned.plan;
    this.record = ChangeRecord.fromPartial({
      id: 'c',
      from,
      to,
      fromIndex: configIndex,
      members,
      request: { ...request(wanted), peers: [...planned.members] },
      phase: ChangePhase.PLANNED,
      result: ChangeResult.RUNNING,
    });
    const voters = new JointConfig(new MajorityConfig(now.voters), new MajorityConfig([]));
    this.conf = new Configuration(voters, new Set(now.learners ?? []), new Set(), false);
  }

  get confState(): ConfState {
    return this.conf.toConfState();
  }

  get situation(): ChangeSituation {
    return {
      record: this.record,
      confState: this.confState,
      configIndex: this.configIndex,
      leader: this.leader,
      failedHandOvers: this.failedHandOvers,
      isAcknowledged: () => this.isAcknowledged ?? this.isReady,
      isCaughtUp: () => this.isReady,
    };
  }

  next(): NextStep {
    return nextStep(this.situation);
  }

  /** Takes one step as a leader would. @returns what was done */
  step(): NextStep {
    const step = this.next();
    if (step.kind === 'propose') this.apply(step.change, step.phase);
    else if (step.kind === 'hand-over') this.leader = step.candidates[0] ?? this.leader;
    else if (step.kind === 'end') this.record = { ...this.record, result: step.result };
    if (step.kind !== 'wait') this.log.push(step.kind === 'hand-over' ? `leader ${this.leader}` : step.text);
    return step;
  }

  run(): string[] {
    for (let steps = 0; this.record.result === ChangeResult.RUNNING; steps++) {
      if (steps > 50) throw new Error(`the change does not end: ${this.log.join('; ')}`);
      if (this.step().kind === 'wait') return this.log;
    }
    return this.log;
  }

  private apply(change: ConfChangeV2, phase: ChangePhase): void {
    this.conf = new Changer({ conf: this.conf }).apply(change).conf;
    this.configIndex += 1;
    const isJoint = this.conf.isJoint();
    this.record = { ...this.record, configIndex: this.configIndex, phase: isJoint ? ChangePhase.JOINT : phase };
    if (!isJoint && !this.conf.voters.contains(this.leader)) this.leader = this.confState.voters[0] ?? 0;
  }
}

describe('the next step of a change', () => {
  it('leads new voters in as learners, then through a joint configuration, and hands over inside it', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [3, 4, 5], peers: [4, 5] });
    expect(journey.run()).toEqual([
      'adding learner 4',
      'adding learner 5',
      'entering the joint configuration',
      'leader 3',
      'leaving the joint configuration',
      'done',
    ]);
  });

  it('is asked again after every step, and doing it twice changes nothing', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 3, 4], peers: [4] });
    while (journey.record.result === ChangeResult.RUNNING) {
      expect(journey.next()).toEqual(journey.next());
      journey.step();
    }
    expect(journey.confState).toMatchObject({ voters: [1, 3, 4], votersOutgoing: [] });
  });

  it('waits for those that are to vote, and for both majorities', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 3, 4], peers: [4] });
    journey.step();
    journey.isReady = false;
    expect(journey.step()).toMatchObject({ kind: 'wait', for: 'catching-up', phase: ChangePhase.CATCHING_UP });
    journey.isReady = true;
    journey.step();
    journey.isReady = false;
    expect(journey.step()).toMatchObject({ kind: 'wait', for: 'acknowledgements', phase: ChangePhase.JOINT });
  });

  it('is to wait, once all are ready, for what promotes them; not to look at them again before; and then to go on', () => {
    const promotion = { when: PromoteWhen.MANUAL, voterDownMs: 0 };
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 2, 4], peers: [4], promotion });
    journey.step();
    journey.isReady = false;
    expect(journey.step()).toMatchObject({ for: 'catching-up' });
    journey.isReady = true;
    const wait = journey.step();
    expect(wait).toMatchObject({ kind: 'wait', for: 'promotion', phase: ChangePhase.READY });
    journey.record = { ...journey.record, phase: ChangePhase.READY };
    journey.isReady = false;
    expect(journey.step()).toEqual(wait);
    journey.record = { ...journey.record, phase: ChangePhase.CATCHING_UP, promotionRequested: true };
    expect(journey.step()).toMatchObject({ for: 'catching-up' });
    journey.isReady = true;
    expect(journey.run().at(-1)).toBe('done');
  });

  it('is to wait for what promotes them even where they become ready in the midst of the look', () => {
    const promotion = { when: PromoteWhen.VOTER_DOWN, voterDownMs: 5000 };
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 2, 4], peers: [4], promotion });
    journey.step();
    const answers = [false, true];
    const isCaughtUp = () => answers.shift() ?? true;
    expect(nextStep({ ...journey.situation, isCaughtUp })).toMatchObject({ kind: 'wait' });
    expect(nextStep({ ...journey.situation, isCaughtUp })).toMatchObject({ kind: 'wait', for: 'promotion' });
  });

  it('ends a change that keeps a spare when that is ready, and takes back what only waits for it', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { learners: [4], peers: [4], keepSpare: true });
    journey.step();
    journey.isAcknowledged = true;
    journey.isReady = false;
    expect(journey.step()).toMatchObject({ for: 'catching-up', phase: ChangePhase.CATCHING_UP });
    expect(isBeyondAbort(journey.record, journey.confState)).toBe(false);
    const kept = journey.record;
    journey.record = { ...kept, abortRequested: true };
    expect(journey.next()).toMatchObject({ kind: 'propose', text: 'removing learner 4' });
    journey.record = kept;
    journey.isReady = true;
    expect(journey.run()).toEqual(['adding learner 4', 'done']);
  });

  it('is to roll back where a joint change is to be taken back, and then to remove what was added', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [3, 4, 5], peers: [4, 5], explicitLeave: true });
    expect(journey.run().at(-1)).toBe('entering the joint configuration');
    journey.record = { ...journey.record, abortRequested: true, phase: ChangePhase.ABORTING };
    expect(journey.run().slice(3)).toEqual([
      'rolling back to the voters {1,2,3}',
      'removing learner 4',
      'removing learner 5',
      'taken back: the voters are {1,2,3}, the learners {}',
    ]);
  });

  it('is the end where the voters are others already and it is too late to take them back', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 3] });
    journey.step();
    journey.record = { ...journey.record, abortRequested: true };
    expect(journey.step()).toMatchObject({ kind: 'end', result: ChangeResult.DONE });
    expect(journey.log.at(-1)).toBe('done: the abort came too late');
  });

  it('is the end where somebody else has changed the configuration', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [1, 3] });
    journey.configIndex = 200;
    expect(journey.step()).toMatchObject({ kind: 'end', result: ChangeResult.FAILED, errorCode: 'E_CONFLICT' });
  });

  it('goes on without a successor after it was tried in vain', () => {
    const journey = new Journey({ voters: [1, 2, 3] }, { voters: [2, 3] });
    for (const tries of [0, 1, 2, 3]) {
      journey.failedHandOvers = tries;
      expect(journey.next()).toMatchObject({ kind: 'hand-over', candidates: [2, 3] });
    }
    journey.failedHandOvers = 4;
    expect(journey.next()).toMatchObject({ kind: 'propose', phase: ChangePhase.CHANGING });
  });
});

describe('steps from any configuration to any other', () => {
  const everybody = [1, 2, 3, 4, 5, 6];
  const places = fc
    .array(fc.constantFrom('voter' as const, 'learner' as const, 'nowhere' as const), { minLength: 6, maxLength: 6 })
    .filter((all) => all.includes('voter'))
    .map((all) => ({
      voters: everybody.filter((id) => all[id - 1] === 'voter'),
      learners: everybody.filter((id) => all[id - 1] === 'learner'),
    }));

  it('end at the target; taken back at any moment, at the beginning, or where that was too late at the target', () => {
    fc.assert(
      fc.property(places, places, fc.nat(12), fc.boolean(), (now, target, abortAfter, staysJoint) => {
        fc.pre(JSON.stringify(now) !== JSON.stringify(target));
        const peers = everybody.filter((id) => ![...now.voters, ...now.learners].includes(id));
        const joining = peers.filter((id) => [...target.voters, ...target.learners].includes(id));
        const journey = new Journey(now, { ...target, peers: joining, explicitLeave: staysJoint });
        let isWaiting = false;
        for (
          let steps = 0;
          steps < abortAfter && journey.record.result === ChangeResult.RUNNING && !isWaiting;
          steps++
        ) {
          isWaiting = journey.step().kind === 'wait';
        }
        if (journey.record.result === ChangeResult.RUNNING)
          journey.record = { ...journey.record, abortRequested: true };
        journey.run();
        const { voters, learners, votersOutgoing } = journey.confState;
        const sets = { voters: [...voters].sort(), learners: [...learners].sort() };
        expect(votersOutgoing, journey.log.join('; ')).toEqual([]);
        expect(sets, journey.log.join('; ')).toEqual(journey.record.result === ChangeResult.ABORTED ? now : target);
        expect(journey.record.result).not.toBe(ChangeResult.FAILED);
      }),
      { numRuns: 400 },
    );
  });
});
