import type { Config } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import type { LocalNode } from './local-cluster.js';
import { quoted } from './playground.js';

/** One stop of the tour: a command as it is typed, and why one would. */
interface TourStop {
  readonly why: string;
  readonly argv: readonly string[];
}

/** From an empty folder, or from that of an earlier run, to a cluster that stores what is proposed. */
function tour(nodes: readonly LocalNode[]): TourStop[] {
  const members = nodes.flatMap(({ id, address }) => ['--node', `${id}=${address}`]);
  return [
    {
      why: 'make one cluster of the nodes (done before: nothing changes)',
      argv: ['cluster', 'bootstrap', ...members, '--name', 'playground'],
    },
    { why: 'wait for the first election', argv: ['wait', 'leader', '--timeout', '20s'] },
    { why: 'store something', argv: ['kv', 'put', 'greeting', '"hello, raft"'] },
    { why: 'store something larger', argv: ['kv', 'put', 'ships/1', '{"name":"Kon-Tiki","crew":6}'] },
    { why: 'any bytes can go through the log', argv: ['propose', 'of no form that the state machine knows'] },
    { why: 'read it back, confirmed by a quorum', argv: ['kv', 'list', '--prefix', 'ships/'] },
    { why: 'the cluster on one screen', argv: ['status'] },
    { why: 'how far each node has come, as the leader sees it', argv: ['progress'] },
    { why: 'who is in it', argv: ['member', 'list'] },
  ];
}

/** Runs each command of the tour in this process, shown as it is typed, with why one would. */
export async function takeTour(
  config: Config,
  nodes: readonly LocalNode[],
  endpoints: readonly string[],
): Promise<void> {
  for (const { why, argv } of tour(nodes)) {
    process.stdout.write(`\n# ${why}\n$ raftctl ${argv.map(quoted).join(' ')}\n`);
    const [topic = '', verb = ''] = argv;
    const id = config.findCommand(`${topic}:${verb}`) === undefined ? topic : `${topic}:${verb}`;
    await config.runCommand(id, [...argv.slice(id.split(':').length), '--endpoints', endpoints.join(',')]);
    if (process.exitCode) {
      throw new RaftctlError('E_INTERNAL', `the tour ended early at: raftctl ${argv.map(quoted).join(' ')}`, {
        hint: 'the error above says why; --reset begins anew',
      });
    }
  }
}

/** The tour's cluster, without the tour. */
export async function makeCluster(nodes: readonly LocalNode[], endpoints: readonly string[]): Promise<void> {
  const { createClient } = await import('../client/index.js');
  const client = createClient({ endpoints, timeoutMs: 20_000 });
  try {
    const voters = nodes.map(({ id, address }) => ({ id, address, name: `n${id}` }));
    await client.bootstrap({ name: 'playground', voters, learners: [] });
    await client.leader();
  } finally {
    client.close();
  }
}
