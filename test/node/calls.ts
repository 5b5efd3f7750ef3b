import { KvAnswer, KvCommand, KvQuery } from '../../src/gen/raftctl/v1/kv.js';
import { CommandKind, type Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import type { CallOptions, ProposalResult } from '../../src/node/node-api.js';
import type { TestNode } from './memory-cluster.js';

/** Puts a key, without a session. */
export function put({ node }: TestNode, key: string, value = '1'): Promise<ProposalResult> {
  const payload = KvCommand.encode({ op: { $case: 'put', value: { key, value } } }).finish();
  return node.propose({ kind: CommandKind.MACHINE, payload });
}

/** Value of a key; undefined where there is none. */
export async function get(
  { node }: TestNode,
  key: string,
  consistency: Consistency,
  call?: CallOptions,
): Promise<string | undefined> {
  const query = KvQuery.encode({ op: { $case: 'get', value: { key } } }).finish();
  const { result } = await node.query(query, consistency, call);
  return KvAnswer.decode(result).pairs[0]?.value;
}
