import { NO_LIMIT } from '../../src/raft/config.js';
import { describeCommittedIndex } from '../../src/raft/quorum/describe.js';
import { JointConfig } from '../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../src/raft/quorum/majority.js';
import type { GroupAckedIndexer, VoteResult } from '../../src/raft/quorum/quorum.js';
import type { Argument, Directive } from './datadriven.js';
import type { StepRunner } from './story.js';

/**
 * Stories of quorums, each step on its own.
 *
 * `committed cfg=(1,2) cfgj=(2,3) idx=(100,_,99)`: the table of indexes, and the committed one. Indexes (and votes, and groups) belong to
 * the voters in the order in which they are first named; `_`: nothing is known. `cfgj=zero`: joint with nobody.
 *
 * `group_committed … gid=(1,1,2)`: the committed index with commit groups.
 *
 * `vote cfg=(1,2) votes=(y,_)`: how the vote stands.
 */
export function quorumRunner(): StepRunner {
  return (directive) => {
    const given = read(directive);
    const voters = given.config.ids();
    const answers = directive.command === 'vote' ? given.votes : given.indexes;
    if (answers.length !== voters.length) {
      return `error: mismatched input (explicit or _) for voters [${voters.join(' ')}]: [${answers.join(' ')}]`;
    }
    switch (directive.command) {
      case 'committed':
        return committed(given);
      case 'group_committed':
        return groupCommitted(given);
      case 'vote':
        return vote(given);
      default:
        throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    }
  };
}

interface Given {
  readonly config: JointConfig;
  readonly joint: boolean;
  readonly indexes: readonly string[];
  readonly votes: readonly string[];
  readonly acked: GroupAckedIndexer;
  readonly votesById: ReadonlyMap<number, boolean>;
}

function read({ args, line }: Directive): Given {
  const known = ['cfg', 'cfgj', 'idx', 'gid', 'votes'];
  for (const { key } of args) if (!known.includes(key)) throw new Error(`line ${line}: unknown argument ${key}`);
  const incoming = valuesOf(args, 'cfg').map(Number);
  const joint = valuesOf(args, 'cfgj');
  const outgoing = joint[0] === 'zero' ? [] : joint.map(Number);
  const order = [...new Set([...incoming, ...outgoing])];
  const indexes = byVoter(order, valuesOf(args, 'idx'));
  const groups = byVoter(order, valuesOf(args, 'gid'));
  const votes = valuesOf(args, 'votes');
  const unknown = votes.find((word) => !['y', 'n', '_'].includes(word));
  if (unknown !== undefined) throw new Error(`line ${line}: unknown vote ${unknown}`);
  return {
    config: new JointConfig(new MajorityConfig(incoming), new MajorityConfig(outgoing)),
    joint: joint.length > 0,
    indexes: valuesOf(args, 'idx'),
    votes,
    acked: {
      ackedIndex: (id) => numberOf(indexes.get(id)),
      commitGroup: (id) => numberOf(groups.get(id)) ?? 0,
    },
    votesById: new Map(
      [...byVoter(order, votes)].filter(([, word]) => word !== '_').map(([id, word]) => [id, word === 'y']),
    ),
  };
}

function committed({ config, joint, acked }: Given): string {
  const index = config.committedIndex(acked);
  const notes = joint
    ? note('symmetry', swapped(config).committedIndex(acked), index)
    : note('zero-joint quorum', config.incoming.committedIndex(acked), index) +
      note('self-joint quorum', new JointConfig(config.incoming, config.incoming).committedIndex(acked), index);
  return `${describeCommittedIndex(config.ids(), acked)}${notes}${printIndex(index)}\n`;
}

function groupCommitted({ config, acked }: Given): string {
  const { index } = config.groupCommittedIndex(acked);
  return `${note('symmetry', swapped(config).groupCommittedIndex(acked).index, index)}${printIndex(index)}\n`;
}

function vote({ config, votesById }: Given): string {
  const result = config.voteResult(votesById);
  const mirrored = swapped(config).voteResult(votesById);
  return `${mirrored === result ? '' : `${VOTE_NAMES[mirrored]} <-- via symmetry\n`}${VOTE_NAMES[result]}\n`;
}

/** Another way to the same result must lead to the same result; where it does not, the output says so. */
function note(way: string, other: number, index: number): string {
  return other === index ? '' : `${printIndex(other)} <-- via ${way}\n`;
}

function swapped({ incoming, outgoing }: JointConfig): JointConfig {
  return new JointConfig(outgoing, incoming);
}

function valuesOf(args: readonly Argument[], key: string): string[] {
  return args.filter((arg) => arg.key === key).flatMap(({ values }) => values);
}

function byVoter(order: readonly number[], words: readonly string[]): Map<number, string> {
  return new Map(order.map((id, at) => [id, words[at] ?? '_']));
}

function numberOf(word: string | undefined): number | undefined {
  return word === undefined || word === '_' ? undefined : Number(word);
}

function printIndex(index: number): string {
  return index === NO_LIMIT ? '∞' : String(index);
}

const VOTE_NAMES: Readonly<Record<VoteResult, string>> = { won: 'VoteWon', pending: 'VotePending', lost: 'VoteLost' };
