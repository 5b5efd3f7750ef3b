import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { ConfChangeType, ConfChangeV2, type Entry, EntryType } from '../../src/gen/raft/v1/raft.js';
import { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import { KvCommand } from '../../src/gen/raftctl/v1/kv.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';
import { Command, CommandKind } from '../../src/gen/raftctl/v1/proposal.js';
import { memberRecords } from '../../src/node/members.js';
import { encodeConfChange, newConfChangeSingle } from '../../src/raft/conf-change.js';
import { openStore } from '../../src/storage/index.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, removed behind the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-offline-'));
  folders.push(folder);
  return folder;
}

/** A copy of a data directory as it is now, without its lock: what a crash at this moment leaves. */
export function crashed(dataDir: string): string {
  const copy = join(temporaryFolder(), 'crashed');
  cpSync(dataDir, copy, { recursive: true });
  rmSync(join(copy, 'LOCK'), { force: true });
  return copy;
}

const ids = [1, 2, 3, 4, 5];

/** A cluster of five voters, as it was bootstrapped. */
export const spec = BootstrapSpec.create({
  clusterId: '0123456789abcdef0123456789abcdef',
  name: 'prod',
  members: ids.map((id) => Member.create({ id, name: `n${id}`, address: `10.0.0.${id}:7400` })),
  voters: ids,
});

/** An entry that puts a key of its own index, as a client with a session has proposed it. */
export function put(index: number, term: number, value = `"${index} of ${term}"`): Entry {
  const payload = KvCommand.encode({ op: { $case: 'put', value: { key: `key-${index}`, value } } }).finish();
  const session = { clientId: 'writer', sequence: index - 1, lowestPending: 1 };
  const data = Command.encode({ kind: CommandKind.MACHINE, session, payload }).finish();
  return { entryType: EntryType.NORMAL, index, term, data, context: new Uint8Array() };
}

/** An entry that takes a member out. */
export function removeNode(index: number, term: number, id: number): Entry {
  const changes = [newConfChangeSingle(id, ConfChangeType.REMOVE_NODE)];
  return { ...encodeConfChange(ConfChangeV2.create({ changes })), index, term, context: new Uint8Array() };
}

/** What a stopped node has. */
interface Stopped {
  /** Of the entries from index 2 on. */
  readonly terms: readonly number[];
  readonly commit: number;
  readonly term: number;
  /** Entries behind those. */
  readonly more?: readonly Entry[];
}

/** The directory of a stopped node: bootstrapped, with these entries, none of which is applied. */
export async function stoppedNode(id: number, { terms, commit, term, more = [] }: Stopped): Promise<string> {
  const dataDir = join(temporaryFolder(), `node-${id}`);
  const store = await openStore({ dataDir, nodeId: id, stateMachine: 'kv', logger: silentLogger });
  await store.bootstrap(spec, memberRecords(spec.members, spec.voters));
  const entries = [...terms.map((of, at) => put(at + 2, of)), ...more];
  await store.write({ entries, hardState: { term, vote: 0, commit } });
  await store.close();
  return dataDir;
}
