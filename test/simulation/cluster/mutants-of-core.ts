import type { Mutant } from './mutants.js';

/** Bugs of the core: elections, the log, replication, reads, membership. */
export const coreMutants: readonly Mutant[] = [
  {
    name: 'X1',
    profile: 'reads',
    what: 'an answer to an old heartbeat confirms the reads that came since',
    changes: [
      {
        file: 'raft/read-only',
        from: 'if (number > (this.#acks.get(id) ?? 0))\n            this.#acks.set(id, number);',
        to: 'this.#acks.set(id, this.#released + this.#queue.length);',
      },
    ],
  },
  {
    name: 'X2',
    profile: 'reads',
    what: 'a new leader serves reads before the first commit of its term',
    changes: [{ file: 'raft/reads', from: 'if (!raft.commitToCurrentTerm)\n', to: 'if (false)\n' }],
  },
  {
    name: 'X4',
    profile: 'members',
    what: 'a new leader takes a change while one of an earlier term may be in its log',
    changes: [{ file: 'raft/roles', from: 'raft.pendingConfIndex = last;', to: 'raft.pendingConfIndex = 0;' }],
  },
  {
    name: 'X5',
    profile: 'members',
    what: 'a second change is taken while one is pending, and a node campaigns with one that is not applied',
    changes: [
      { file: 'raft/proposals', from: 'if (pendingConfIndex > applied) {', to: 'if (false) {' },
      { file: 'raft/election', from: 'found = entries.some(isConfChangeEntry);', to: 'found = false;' },
    ],
  },
  {
    name: 'X6',
    profile: 'members',
    what: 'one half of a joint configuration decides',
    changes: [
      {
        file: 'raft/quorum/joint',
        from: 'return Math.min(this.incoming.committedIndex(acked), this.outgoing.committedIndex(acked));',
        to: 'return this.incoming.committedIndex(acked);',
      },
      { file: 'raft/quorum/joint', from: 'if (incoming === outgoing)', to: 'if (true)' },
    ],
  },
  {
    name: 'X7',
    profile: 'members',
    what: 'only the leader that entered a joint configuration leaves it',
    changes: [
      {
        file: 'raft/membership',
        from: 'const { conf, changes } = new Changer(raft.tracker).apply(change);',
        to: "raft.enteredAsLeader = raft.role === 'leader';\n    const { conf, changes } = new Changer(raft.tracker).apply(change);",
      },
      {
        file: 'raft/membership',
        from: "if (!raft.tracker.conf.autoLeave || raft.role !== 'leader'",
        to: "if (!raft.enteredAsLeader || !raft.tracker.conf.autoLeave || raft.role !== 'leader'",
      },
    ],
  },
  {
    name: 'X8',
    profile: 'network',
    what: 'an entry of an older term is committed by counting',
    changes: [
      {
        file: 'raft/replication',
        from: 'raft.raftLog.maybeCommit(raft.tracker.maximalCommittedIndex(), raft.term)',
        to: 'raft.raftLog.maybeCommit(raft.tracker.maximalCommittedIndex(), raft.raftLog.term(raft.tracker.maximalCommittedIndex()))',
      },
    ],
  },
  {
    name: 'X9',
    profile: 'network',
    what: 'a vote is given without a look at the log',
    changes: [
      {
        file: 'raft/election',
        from: 'raft.raftLog.isUpToDate(message.index, message.logTerm) &&',
        to: 'true &&',
      },
    ],
  },
  {
    name: 'X9-unsaved',
    profile: 'disk',
    what: 'a vote is not written before it is told',
    changes: [
      {
        file: 'raft/handout',
        from: 'raft.vote !== this.#hardState.vote,\n        };',
        to: 'false,\n        };',
      },
      { file: 'raft/handout', from: 'raft.term !== this.#hardState.term ||\n                ', to: '' },
    ],
  },
  {
    name: 'X9-early',
    profile: 'disk',
    what: 'a vote leaves before its write is flushed',
    changes: [
      {
        file: 'raft/send',
        from: 'msgType === MessageType.REQUEST_VOTE_RESPONSE ||\n        ',
        to: '',
      },
      {
        file: 'raft/send',
        from: "assert(message.to !== raft.id, 'this message cannot go to the node itself');",
        to: 'if (message.to === raft.id) {\n        raft.messagesAfterAppend.push(message);\n        return;\n    }',
      },
      { file: 'raft/handout', from: 'messages: leads ? messages : [],', to: 'messages,' },
      {
        file: 'raft/handout',
        from: 'persistedMessages: leads ? afterAppend.toOthers : joined(messages, afterAppend.toOthers),',
        to: 'persistedMessages: afterAppend.toOthers,',
      },
    ],
  },
  {
    name: 'X10',
    profile: 'network',
    what: 'a candidate keeps the answers to its pre-vote',
    changes: [
      {
        file: 'raft/roles',
        from: 'raft.tracker.resetVotes();\n    const { raftLog } = raft;',
        to: 'const { raftLog } = raft;',
      },
    ],
  },
  {
    name: 'X11',
    profile: 'members',
    what: 'learners count towards a commit',
    changes: [
      {
        file: 'raft/tracker/progress-tracker',
        from: 'return this.#groupCommit ? this.groupCommittedIndex().index : this.#conf.voters.committedIndex(this);',
        to: 'const all = [...this.#progress.values()].map((one) => one.matched).sort((a, b) => b - a);\n        return all[Math.floor(all.length / 2)];',
      },
    ],
  },
  {
    name: 'X12',
    profile: 'disk',
    what: 'a leader counts itself before its own flush',
    changes: [
      {
        file: 'raft/proposals',
        from: 'send(raft, acknowledgement);',
        to: 'raft.tracker.get(raft.id)?.maybeUpdate(index);\n    send(raft, acknowledgement);',
      },
    ],
  },
  {
    name: 'X14',
    profile: 'network',
    what: 'an append that brings nothing new cuts off what is behind it',
    changes: [
      { file: 'raft/raft-log', from: 'return at < 0 ? entries.length : at;', to: 'return at < 0 ? 0 : at;' },
      {
        file: 'raft/raft-log',
        from: 'if (first.index <= this.committed) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'X15',
    profile: 'network',
    what: 'the window of a follower is never given back',
    changes: [{ file: 'raft/leader', from: 'progress.ins.freeTo(index);', to: '' }],
  },
  {
    name: 'X16',
    profile: 'members',
    what: 'the configuration of a snapshot is not taken',
    changes: [
      {
        file: 'raft/snapshot-install',
        from: 'restore(raft.tracker, raftLog.lastIndex() + 1, confState);',
        to: '',
      },
    ],
  },
  {
    name: 'X20',
    profile: 'members',
    what: 'a leader that was removed goes on leading',
    changes: [{ file: 'raft/membership', from: 'if (raft.config.stepDownOnRemoval && ', to: 'if (false && ' }],
  },
  {
    name: 'X21',
    profile: 'network',
    what: 'a transfer of leadership never ends by itself',
    changes: [{ file: 'raft/step', from: 'gaveUp = abortTransfer(raft);', to: '' }],
  },
  {
    name: 'X25',
    profile: 'network',
    what: 'a heartbeat tells a commit index beyond what the follower has',
    changes: [
      {
        file: 'raft/replication',
        from: 'message.commit = Math.min(progress.matched, raft.raftLog.committed);',
        to: 'message.commit = raft.raftLog.committed;',
      },
    ],
  },
  {
    name: 'X26',
    profile: 'network',
    what: 'a message of an older term is acted on',
    changes: [{ file: 'raft/step', from: 'if (message.term < raft.term && message.term !== 0) {', to: 'if (false) {' }],
  },
  {
    name: 'X27',
    profile: 'network',
    what: 'all nodes have the same election time-out, and any message begins it anew',
    changes: [
      {
        file: 'raft/raft',
        from: 'return randomInt(this.config.random, minElectionTick(this.config), maxElectionTick(this.config));',
        to: 'return minElectionTick(this.config);',
      },
      {
        file: 'raft/step',
        from: 'traceReceive(raft, message);',
        to: 'traceReceive(raft, message);\n    raft.electionElapsed = 0;',
      },
    ],
  },
  {
    name: 'X28',
    profile: 'network',
    what: 'check-quorum counts who was heard from at any time',
    changes: [
      {
        file: 'raft/tracker/progress-tracker',
        from: 'if (id !== self)\n                progress.recentActive = false;',
        to: '',
      },
    ],
  },
  {
    name: 'X29',
    what: 'the quota of uncommitted bytes is not given back',
    changes: [
      {
        file: 'raft/membership',
        from: 'raft.uncommittedSize = Math.max(0, raft.uncommittedSize - oldest.bytes);',
        to: 'raft.uncommittedSize += 0;',
      },
      { file: 'raft/proposals', from: 'bytes === 0 || raft.uncommittedSize === 0 || ', to: 'bytes === 0 || ' },
    ],
  },
];
