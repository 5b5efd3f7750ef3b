import type { Mutant } from './mutants.js';

/** Bugs of the node around the core: its loop, proposals, reads, sessions, snapshots, the state machine and who may talk to whom. */
export const nodeMutants: readonly Mutant[] = [
  {
    name: 'X3',
    profile: 'reads',
    what: 'a lease does not end',
    changes: [
      {
        file: 'node/reading',
        from: 'options.clock() < this.leaseUntilMs',
        to: 'this.leaseUntilMs > Number.NEGATIVE_INFINITY',
      },
    ],
  },
  {
    name: 'X18',
    profile: 'snapshots',
    what: 'a snapshot is staged while another one is being installed',
    changes: [
      { file: 'node/snapshots', from: 'if (this.staged)', to: 'if (false)' },
      {
        file: 'node/snapshots',
        from: 'message.term < term || metadata.index <= commit',
        to: 'false',
      },
    ],
  },
  {
    name: 'X22',
    what: 'a retry is applied again',
    changes: [
      {
        file: 'node/sessions',
        from: 'const before = readResult(txn, client, session.sequence);',
        to: 'const before = undefined;',
      },
    ],
  },
  {
    name: 'X23',
    what: 'a proposal that the core dropped is acknowledged by whatever is at the end of the log',
    changes: [
      {
        file: 'node/proposing',
        from: 'this.pending.resolve(context, error);',
        to: 'this.pending.resolve(context, { index: core.raft.raftLog.lastIndex(), term: core.raft.term, result: new Uint8Array(), duplicate: false });',
      },
    ],
  },
  {
    name: 'X24',
    what: 'an acknowledgement is found by order, whosever entry it is',
    changes: [
      {
        file: 'node/proposals',
        from: 'const id = this.idOf(context);',
        to: 'const id = this.idOf(context) ?? this.waiting.keys().next().value;',
      },
      {
        file: 'node/proposing',
        from: "this.pending.failAll(outcomeUnknown('the leader changed while the proposal was on its way'));",
        to: '',
      },
    ],
  },
  {
    name: 'X32',
    profile: 'disk',
    what: 'a flush counts for what was handed out after it',
    changes: [
      {
        file: 'node/driver',
        from: 'this.core.onPersistReady(settled[count - 1].number);',
        to: 'this.core.onPersistReady((this.unflushed.at(-1) ?? settled[count - 1]).number);',
      },
    ],
  },
  {
    name: 'X34',
    profile: 'members',
    what: 'a node that has lost its disk takes part again',
    changes: [
      {
        file: 'transport/hello',
        from: 'if (hello.configIndex === 0 && identity.isVoter(hello.from)) {',
        to: 'if (false) {',
      },
      { file: 'transport/hello', from: 'if (identity.configIndex === 0 && hello.hearerIsVoter) {', to: 'if (false) {' },
      { file: 'transport/hello', from: 'if (hello.hearerIsVoter)\n', to: 'if (false)\n' },
      { file: 'transport/hello', from: 'if (identity.isVoter(hello.from))\n', to: 'if (false)\n' },
      {
        file: 'transport/hello',
        from: 'const wrongInstance = checkInstances(hello, identity);',
        to: 'const wrongInstance = undefined;',
      },
    ],
  },
  {
    name: 'X35',
    profile: 'members',
    what: 'the id of the cluster is not compared, nor that of the data directory',
    changes: [
      { file: 'transport/hello', from: 'if (hello.clusterId !== identity.clusterId) {', to: 'if (false) {' },
      {
        file: 'transport/hello',
        from: 'const wrongInstance = checkInstances(hello, identity);',
        to: 'const wrongInstance = undefined;',
      },
    ],
  },
  {
    name: 'X38',
    what: 'the condition of a compare-and-set is judged when it is proposed',
    changes: [
      {
        file: 'node/proposing',
        from: 'encode(proposal) {\n',
        to: `encode(given) {
        let proposal = given;
        const command = given.kind === CommandKind.MACHINE && this.context.options.stateMachine.name === 'kv' ? KvCommand.decode(given.payload) : undefined;
        if (command?.op?.$case === 'compareAndSet') {
            const { key, expect, value } = command.op.value;
            const query = KvQuery.encode({ op: { $case: 'get', value: { key } } }).finish();
            const view = scopedView(this.context.options.store.view(), KeyspacePrefix.machine);
            const [pair] = KvAnswer.decode(this.context.options.stateMachine.read(view, query)).pairs;
            const holds = expect.condition.$case === 'absent' ? pair === undefined : pair?.value === expect.condition.value;
            if (holds) proposal = { ...given, payload: KvCommand.encode({ op: { $case: 'put', value: { key, value } } }).finish() };
        }
`,
      },
      {
        file: 'node/proposing',
        from: "import { sessionProblem } from './sessions.js';",
        to: "import { sessionProblem } from './sessions.js';\nimport { KvAnswer, KvCommand, KvQuery } from '../gen/raftctl/v1/kv.js';\nimport { KeyspacePrefix, scopedView } from './keyspace.js';",
      },
    ],
  },
  {
    name: 'X39',
    profile: 'reads',
    what: 'a follower answers a linearizable read from what it has applied',
    changes: [
      {
        file: 'node/reading',
        from: 'if (consistency !== Consistency.LOCAL)\n',
        to: 'if (consistency !== Consistency.LOCAL && this.context.isLeader)\n',
      },
    ],
  },
  {
    name: 'X40',
    what: 'sessions expire by the clock of each node',
    changes: [
      {
        file: 'node/applier',
        from: 'const outcome = this.state.apply(txn, at, entry.data);',
        to: `if (clock() - (this.expiredMs ?? 0) > 3000) {
            this.expiredMs = clock();
            for (const { key } of [...txn.range({ start: Uint8Array.of(2, 3), end: Uint8Array.of(2, 4) })]) txn.delete(key);
        }
        const outcome = this.state.apply(txn, at, entry.data);`,
      },
    ],
  },
];
