import { type Random, randomInt } from '../../src/base/random.js';
import { ConfChangeTransition, ConfChangeType, type ConfChangeV2, MessageType } from '../../src/gen/raft/v1/raft.js';
import { newConfChangeSingle } from '../../src/raft/conf-change.js';
import type { Network } from './network.js';
import type { SimNode } from './sim-node.js';

/** What actions act on. */
export interface World {
  readonly random: Random;
  /** The node with id i stands at i - 1. */
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  /** Data that no proposal had before. */
  freshData(): Uint8Array;
}

/** One thing that happens. @returns what it was, in a few words, or undefined where it could not happen */
export type Action = (world: World) => string | undefined;

const NO_CONTEXT = new Uint8Array();

/** Things that happen in any group, and how often in comparison. */
export const DAILY_ACTIONS: readonly (readonly [weight: number, action: Action])[] = [
  [400, deliver],
  [150, flush],
  [120, tick],
  [40, propose],
  [6, compact],
  [15, changeMembers],
  [3, transfer],
  [3, readIndex],
  [5, campaign],
  [1, requestSnapshot],
  [1, forgetLeader],
];

/** Things that should not happen. */
export const FAULTS: readonly (readonly [weight: number, action: Action])[] = [
  [4, crash],
  [8, restart],
  [2, partition],
  [2, cutOneLink],
  [3, heal],
  [1, reportUnreachable],
];

/** One of the actions, the heavier ones more often. */
export function draw(random: Random, actions: readonly (readonly [weight: number, action: Action])[]): Action {
  let left = randomInt(
    random,
    0,
    actions.reduce((sum, [weight]) => sum + weight, 0),
  );
  for (const [weight, action] of actions) {
    left -= weight;
    if (left < 0) return action;
  }
  throw new Error('no action was drawn');
}

/** Lets one packet arrive. The sender of a snapshot hears how it fared, as from a real transport. */
export function deliver({ network, nodes }: World): string | undefined {
  const delivery = network.next();
  if (delivery === undefined) return undefined;
  const report = (from: number, to: number, status: 'finish' | 'failure') =>
    nodes[from - 1]?.input((node) => node.reportSnapshot(to, status));
  if (delivery.kind === 'lost-snapshot') {
    report(delivery.from, delivery.to, 'failure');
    return `lost snapshot ${delivery.from}>${delivery.to}`;
  }
  const { message } = delivery;
  const { msgType, from, to, term, index } = message;
  const receiver = nodes[to - 1];
  const arrived = receiver?.alive !== undefined;
  receiver?.input((node) => node.step(message));
  if (msgType === MessageType.SNAPSHOT) report(from, to, arrived ? 'finish' : 'failure');
  return arrived ? `deliver ${MessageType[msgType]} ${from}>${to} ${term} ${index}` : undefined;
}

function flush(world: World): string | undefined {
  const node = anyOf(
    world.random,
    world.nodes.filter(({ disk }) => disk.pendingCount > 0),
  );
  if (node === undefined) return undefined;
  const count = randomInt(world.random, 1, node.disk.pendingCount + 1);
  node.flush(count);
  return `flush ${node.id} ${count}`;
}

function tick(world: World): string | undefined {
  return onOne(world, 'tick', (node) => node.input((raw) => raw.tick()));
}

function propose(world: World): string | undefined {
  const data = world.freshData();
  return onOne(world, 'propose', (node) => node.input((raw) => raw.propose(NO_CONTEXT, data)));
}

function compact(world: World): string | undefined {
  return onOne(world, 'compact', (node) => node.compact());
}

function campaign(world: World): string | undefined {
  return onOne(world, 'campaign', (node) => node.input((raw) => raw.campaign()));
}

function requestSnapshot(world: World): string | undefined {
  return onOne(world, 'request snapshot', (node) => node.input((raw) => raw.requestSnapshot()));
}

function forgetLeader(world: World): string | undefined {
  return onOne(world, 'forget leader', (node) => node.input((raw) => raw.forgetLeader()));
}

function readIndex(world: World): string | undefined {
  const context = world.freshData();
  return onOne(world, 'read index', (node) => node.input((raw) => raw.readIndex(context)));
}

function transfer(world: World): string | undefined {
  const to = randomInt(world.random, 1, world.nodes.length + 1);
  return onOne(world, `transfer to ${to} on`, (node) => node.input((raw) => raw.transferLeader(to)));
}

function reportUnreachable(world: World): string | undefined {
  const id = randomInt(world.random, 1, world.nodes.length + 1);
  return onOne(world, `report ${id} unreachable on`, (node) => node.input((raw) => raw.reportUnreachable(id)));
}

function changeMembers(world: World): string | undefined {
  const change = anyChange(world);
  return onOne(world, `change ${JSON.stringify(change.changes)} on`, (node) =>
    node.input((raw) => raw.proposeConfChange(NO_CONTEXT, change)),
  );
}

function anyChange({ random, nodes }: World): ConfChangeV2 {
  const { AUTO, IMPLICIT, EXPLICIT, ROLLBACK } = ConfChangeTransition;
  const transition = [AUTO, AUTO, AUTO, IMPLICIT, EXPLICIT, ROLLBACK][randomInt(random, 0, 6)] ?? AUTO;
  const count = transition === ROLLBACK ? 0 : randomInt(random, 0, 4);
  const { ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE } = ConfChangeType;
  const changes = Array.from({ length: count }, () => {
    const type = [ADD_NODE, ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE][randomInt(random, 0, 4)] ?? ADD_NODE;
    return newConfChangeSingle(randomInt(random, 1, nodes.length + 1), type);
  });
  return { transition, changes, context: NO_CONTEXT };
}

function crash(world: World): string | undefined {
  const node = anyOf(
    world.random,
    world.nodes.filter(({ alive }) => alive !== undefined),
  );
  if (node === undefined) return undefined;
  const survivors = randomInt(world.random, 0, node.disk.pendingCount + 1);
  node.crash(survivors);
  return `crash ${node.id}, ${survivors} writes survive`;
}

function restart(world: World): string | undefined {
  const node = anyOf(
    world.random,
    world.nodes.filter(({ alive }) => alive === undefined),
  );
  node?.start();
  return node === undefined ? undefined : `start ${node.id}`;
}

function partition({ random, nodes, network }: World): string {
  const side = nodes.map(({ id }) => id).filter(() => random() < 0.5);
  network.partition(
    side,
    nodes.map(({ id }) => id).filter((id) => !side.includes(id)),
  );
  return `partition ${side}`;
}

function cutOneLink({ random, nodes, network }: World): string {
  const from = randomInt(random, 1, nodes.length + 1);
  const to = randomInt(random, 1, nodes.length + 1);
  network.cut(from, to);
  return `cut ${from}>${to}`;
}

function heal({ network }: World): string {
  network.heal();
  return 'heal';
}

function onOne(world: World, name: string, act: (node: SimNode) => void): string | undefined {
  const node = anyOf(
    world.random,
    world.nodes.filter(({ alive }) => alive !== undefined),
  );
  if (node === undefined) return undefined;
  act(node);
  return `${name} ${node.id}`;
}

function anyOf<T>(random: Random, all: readonly T[]): T | undefined {
  return all[randomInt(random, 0, all.length)];
}
