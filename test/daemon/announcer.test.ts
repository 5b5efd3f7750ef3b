import { ChannelCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import type { LogFields, Logger } from '../../src/base/logger.js';
import { Announcer } from '../../src/daemon/announcer.js';
import { AnnounceRequest } from '../../src/gen/raftctl/v1/member.js';
import { ControlServer } from '../control/control-server.js';
import { FakeNode } from '../control/fake-node.js';

const announcement = AnnounceRequest.fromPartial({
  member: { id: 4, name: 'n4', address: '127.0.0.1:7404', instance: '4'.repeat(32) },
  version: '1',
  diskFreeBytes: 5e9,
});

class InfoLog implements Logger {
  readonly lines: { message: string; fields: LogFields }[] = [];
  debug(): void {}
  warn(): void {}
  error(): void {}
  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ message, fields });
  }
}

let servers: ControlServer[];
let announcer: Announcer | undefined;
let log: InfoLog;
beforeEach(() => {
  servers = [];
  log = new InfoLog();
});
afterEach(() => {
  announcer?.stop();
  for (const server of servers) server.stop();
});

async function serve(announce: FakeNode['announce']): Promise<string> {
  const node = new FakeNode();
  node.announce = announce;
  const server = await ControlServer.start(node);
  servers.push(server);
  return `127.0.0.1:${server.port}`;
}

function announceTo(...seeds: string[]): void {
  announcer = new Announcer({
    announcement: () => announcement,
    seeds,
    credentials: () => ChannelCredentials.createInsecure(),
    logger: log,
    joinIntervalMs: 5,
    memberIntervalMs: 3_600_000,
  });
  announcer.start();
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 5, timeout: 20_000 });

test('goes past seeds that do not answer, follows the hint to the leader, and repeats until it is a member', async () => {
  const seen: unknown[] = [];
  const leader = await serve((announced) => {
    seen.push(announced);
    return { clusterId: 'c', isMember: seen.length === 3 };
  });
  const follower = await serve(() => {
    throw new RaftctlError('E_NOT_LEADER', 'n2 leads', { leaderHint: { id: 2, address: leader, term: 1 } });
  });
  announceTo('127.0.0.1:1', follower);
  await until(() => log.lines.some(({ message }) => message === 'is a member of the cluster'));
  expect(seen).toEqual([announcement, announcement, announcement]);
  // Said once each, not at every round.
  expect(log.lines.map(({ message }) => message)).toEqual(['announced to the cluster', 'is a member of the cluster']);
  expect(log.lines[0]?.fields).toEqual({ by: leader });
});

test('does not run in circles after followers that name each other, and says so once', async () => {
  let asked = 0;
  const hints: string[] = [];
  const follower = async (other: number) =>
    serve(() => {
      asked++;
      const leaderHint = { id: 1, address: hints[other] ?? '', term: 1 };
      throw new RaftctlError('E_NOT_LEADER', 'somebody else leads', { leaderHint });
    });
  hints.push(await follower(1));
  hints.push(await follower(0));
  announceTo(hints[0] ?? '');
  await until(() => asked >= 9);
  announcer?.stop();
  expect(log.lines.map(({ message }) => message)).toEqual(['no node of the cluster takes the announcement']);
  expect(log.lines[0]?.fields).toMatchObject({ error: expect.stringContaining('somebody else leads') });
});
