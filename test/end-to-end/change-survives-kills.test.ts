import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import { Load, missingWrites } from './load.js';
import { localPairs, PlainClient } from './plain-client.js';
import { TellingCommand } from './telling-command.js';

/** Who is killed: the command that asked, the leader that carries the change out, or a voter by what the change makes of it. */
type Victim = 'command' | 'leader' | 'voter that stays' | 'voter that goes' | 'voter that comes';

/** As soon as somebody is told that the change has come to the phase, the victim gets kill -9. */
const passing: readonly (readonly [phase: string, victim: Victim])[] = [
  ['adding-learners', 'command'],
  ['adding-learners', 'leader'],
  ['adding-learners', 'voter that stays'],
  ['catching-up', 'command'],
  ['catching-up', 'leader'],
  ['catching-up', 'voter that comes'],
  ['entering-joint', 'command'],
  ['entering-joint', 'leader'],
  ['entering-joint', 'voter that goes'],
  ['joint', 'command'],
  ['handing-over', 'leader'],
  ['leaving-joint', 'command'],
  ['leaving-joint', 'leader'],
  ['leaving-joint', 'voter that stays'],
  ['verifying', 'command'],
  ['verifying', 'leader'],
  ['verifying', 'voter that goes'],
];
const nodes: readonly Victim[] = ['leader', 'voter that comes'];
const anybody: readonly Victim[] = ['command', 'leader', 'voter that comes'];

interface Sets {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
}

interface ChangeRow {
  readonly id: string;
  readonly result: string;
  readonly from: Sets;
  readonly to: Sets;
}

/** What a node says of itself, as far as this story looks at it. */
interface NodeStatus {
  readonly id: number;
  readonly role: string;
  readonly confState: { readonly voters: number[]; readonly votersOutgoing: number[]; readonly learners: number[] };
}

/** Who is what in a change that puts one voter in the place of another. */
type Cast = Readonly<Record<Exclude<Victim, 'command'>, number>> & { readonly target: readonly number[] };

/**
 * Three of four nodes are voters, and each change puts the fourth in the place of one of them, under writers that never rest. Phases that
 * would be over at once are held where the product has means for it: a voter to be that is not up yet, a joint configuration that is to
 * be left by hand.
 */
describe('kill -9 in the midst of a change', () => {
  const ids = [1, 2, 3, 4];
  let cluster: TestCluster;
  let load: Load;
  let clients: readonly PlainClient[];
  let asked = 0;
  const down = new Set<number>();

  beforeAll(async () => {
    cluster = await TestCluster.start({ ids, voters: [1, 2, 3] });
    const addresses = ids.map((id) => cluster.address(id));
    clients = addresses.map((address) => new PlainClient(address));
    load = Load.start(addresses, 2);
    await load.acknowledges(50);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster.close();
  });

  /** The leader, once there is one that says that it leads a configuration that is not joint. */
  async function leader(): Promise<NodeStatus> {
    const statuses = await cluster.until(
      'led, and not joint',
      () => Promise.all(clients.map((client) => statusOf(client))),
      (answers) => answers.some(leadsStable),
    );
    return statuses.find(leadsStable) as NodeStatus;
  }

  async function kill(id: number): Promise<void> {
    down.add(id);
    await cluster.kill(id);
  }

  async function startAgain(): Promise<void> {
    await Promise.all([...down].map((id) => cluster.startNode(id)));
    down.clear();
  }

  async function cast(phase: string): Promise<Cast> {
    const { id, confState } = await leader();
    const comes = ids.find((one) => !confState.voters.includes(one)) ?? 0;
    const [stays = 0, other = 0] = confState.voters.filter((one) => one !== id);
    const goes = phase === 'handing-over' ? id : other;
    const target = [...confState.voters.filter((one) => one !== goes), comes].sort((a, b) => a - b);
    return { leader: id, 'voter that stays': stays, 'voter that goes': goes, 'voter that comes': comes, target };
  }

  const telling = (...args: string[]) => new TellingCommand(args, cluster.endpoints(ids), cluster.folder);

  function begin(id: string, { target, 'voter that comes': comes }: Cast, ...flags: string[]): TellingCommand {
    const peer = ['--peer', `${comes}=${cluster.address(comes)}`];
    return telling('member', 'change', '--voters', target.join(), '--request-id', id, ...peer, ...flags);
  }

  async function strike(victim: Victim, command: TellingCommand, roles: Cast): Promise<void> {
    if (victim === 'command') expect(await command.kill()).toMatchObject({ signal: 'SIGKILL' });
    else await kill(roles[victim]);
    await startAgain();
  }

  /** A command that nobody has killed ends as its change does, whatever became of the nodes meanwhile. */
  async function expectEnd(command: TellingCommand, ...exitCodes: number[]): Promise<void> {
    const { exitCode } = await command.ended;
    expect(exitCodes, command.told).toContain(exitCode);
  }

  async function expectVoters(voters: readonly number[]): Promise<void> {
    const { confState } = await leader();
    expect(confState).toMatchObject({ voters: [...voters], learners: [] });
    await load.acknowledges(10);
  }

  test.each(passing)('%s: the %s is killed, and the change is carried out', async (phase, victim) => {
    for (;;) {
      await startAgain();
      const roles = await cast(phase);
      const id = `${phase}.${victim}.${++asked}`;
      if (phase === 'catching-up' && victim !== 'voter that comes') await kill(roles['voter that comes']);
      const change = begin(id, roles);
      const told = await change.tellsOf(phase);
      if (told) await strike(victim, change, roles);
      await expectEnd(told && victim === 'command' ? telling('member', 'change', 'watch', id) : change, 0);
      await expectVoters(roles.target);
      // A phase that is over while another leader takes over may go untold: once more, then.
      if (told) return;
    }
  });

  test.each(nodes)('joint until it is left by hand: the %s is killed, and it can be left', async (victim) => {
    await startAgain();
    const roles = await cast('joint');
    const id = `left.${victim}.${++asked}`;
    const change = begin(id, roles, '--explicit-leave');
    await expectEnd(change, 0);
    await strike(victim, change, roles);
    const watch = telling('member', 'change', 'watch', id);
    await watch.phase('joint');
    await cluster.succeed(['member', 'change', 'leave', id]);
    await expectEnd(watch, 0);
    await expectVoters(roles.target);
  });

  test.each(anybody)('aborting: the %s is killed, and the joint configuration is rolled back', async (victim) => {
    await startAgain();
    const roles = await cast('aborting');
    const before = roles.target.filter((one) => one !== roles['voter that comes']).concat(roles['voter that goes']);
    const id = `aborted.${victim}.${++asked}`;
    await expectEnd(begin(id, roles, '--explicit-leave'), 0);
    const watch = telling('member', 'change', 'watch', id);
    await watch.phase('joint');
    const abort = telling('member', 'change', 'abort', id);
    await watch.phase('aborting');
    await strike(victim, abort, roles);
    // Where the next leader is long in coming, it says that the change is stuck, or that the wish is noted, and goes.
    if (victim !== 'command') await expectEnd(abort, 0, 5, 8);
    await expectEnd(watch, 1);
    await expectVoters(before.sort((a, b) => a - b));
  });

  test('no change was half done without a word, and no acknowledged write is missing', async () => {
    await startAgain();
    await load.stop();
    const { changes } = await cluster.succeed<{ changes: ChangeRow[] }>(['member', 'change', 'list']);
    let sets: Sets = { voters: [1, 2, 3], learners: [] };
    for (const { id, from, to, result } of changes.toReversed()) {
      expect({ id, from, result }).toEqual({ id, from: sets, result: id.startsWith('aborted') ? 'aborted' : 'done' });
      if (result === 'done') sets = to;
    }
    const { id } = await leader();
    const pairs = await localPairs(cluster.address(id));
    expect(load.acknowledged.size).toBeGreaterThan(100);
    expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
  });
});

/** Undefined of a node that does not answer. */
async function statusOf(client: PlainClient): Promise<NodeStatus | undefined> {
  const answer = await client
    .call<{ status: NodeStatus }>('raftctl.v1.ClusterService', 'GetStatus', {}, 1000)
    .catch(() => undefined);
  return answer?.status;
}

function leadsStable(status: NodeStatus | undefined): boolean {
  return status?.role === 'ROLE_LEADER' && status.confState.votersOutgoing.length === 0;
}
