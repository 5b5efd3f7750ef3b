import { RaftctlError } from '../../../src/base/errors.js';
import {
  ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  type ChangeRecord,
  ChangeResult,
} from '../../../src/gen/raftctl/v1/member.js';
import { MemoryCluster, type TestNode } from '../memory-cluster.js';

export const sets = (...ids: number[]) => ({ ids });
export const peers = (...ids: number[]) => ids.map((id) => MemoryCluster.member(id));

let requests = 0;

/** A request with an id of its own. */
export function request(wanted: Partial<ChangeMembersRequest>): ChangeMembersRequest {
  return ChangeMembersRequest.fromPartial({ requestId: `change-${++requests}`, ...wanted });
}

/** Asks for a change and listens to its end. */
export async function change(
  running: TestNode,
  wanted: Partial<ChangeMembersRequest>,
): Promise<ChangeMembersResponse[]> {
  const events: ChangeMembersResponse[] = [];
  for await (const event of running.node.changeMembers(request(wanted))) events.push(event);
  return events;
}

/** Asks for a change and listens until it has come to `phase`, no longer. */
export async function begin(
  running: TestNode,
  wanted: Partial<ChangeMembersRequest>,
  phase = ChangePhase.PLANNED,
): Promise<string> {
  const asked = request(wanted);
  try {
    for await (const event of running.node.changeMembers(asked)) {
      if (event.phase === phase) return event.changeId;
    }
  } catch (thrown) {
    // A node that is slow for a moment may lose its place before that: the change goes on under the next leader.
    if (thrown instanceof RaftctlError && thrown.code === 'E_OUTCOME_UNKNOWN') return asked.requestId;
    throw thrown;
  }
  throw new Error(`the change never came to ${ChangePhase[phase]}`);
}

export const phasesOf = (events: readonly ChangeMembersResponse[]) => events.map(({ phase }) => ChangePhase[phase]);

/** The record of a change on some running node, once one says that it has ended. */
export function ended(cluster: MemoryCluster, id: string): Promise<ChangeRecord> {
  return cluster.until(() => {
    for (const { node } of cluster.nodes.values()) {
      const record = node.listChanges(0).find((one) => one.id === id);
      if (record !== undefined && record.result !== ChangeResult.RUNNING) return record;
    }
    return undefined;
  });
}

/** Moves the leadership to `id`. */
export async function lead(cluster: MemoryCluster, id: number): Promise<TestNode & { id: number }> {
  for (;;) {
    const leader = await cluster.leader();
    if (leader.id === id) return leader;
    try {
      await leader.node.transferLeader(id, undefined);
      await cluster.until(() => cluster.at(id).node.status().leader === id || undefined);
    } catch (thrown) {
      // On a busy machine the time of a transfer may be over before its target has heard of it.
      if (!(thrown instanceof RaftctlError && thrown.code === 'E_TRANSFER_TIMEOUT')) throw thrown;
    }
  }
}

/** The configuration as one word: `voters/outgoing/learners`. */
export function shape({ node }: TestNode): string {
  const { voters, votersOutgoing, learners, learnersNext } = node.listMembers().confState;
  return [voters, votersOutgoing, learners, learnersNext].map((ids) => ids.join('')).join('/');
}
