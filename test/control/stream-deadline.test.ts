import { afterEach, expect, test } from 'vitest';
import { Entry } from '../../src/gen/raft/v1/raft.js';
import { LogServiceService } from '../../src/gen/raftctl/v1/log.js';
import { WireClient } from '../fuzz/wire-client.js';
import { ControlServer } from './control-server.js';
import { FakeNode } from './fake-node.js';

let control: ControlServer;
let client: WireClient;
afterEach(() => {
  client.close();
  control.stop();
});

/** Its own client would end the call by itself, and hide that the server does not. */
test('a stream whose deadline comes in the middle of it is ended by the server', async () => {
  const node = new FakeNode();
  const data = new Uint8Array(100_000);
  node.log = Array.from({ length: 200 }, (_, at) => ({
    entry: Entry.fromPartial({ index: at + 1, term: 1, data }),
    committed: true,
    summary: '',
    size: data.length,
  }));
  control = await ControlServer.start(node);
  client = await WireClient.connect(`127.0.0.1:${control.port}`);
  const request = { path: LogServiceService.listEntries.path, messages: [Buffer.from('0801', 'hex')] };
  const ends = await Promise.all([1, 5, 10, 20, 40].map((timeoutMs) => client.call({ ...request, timeoutMs })));
  expect(ends.map(({ hung, grpcStatus }) => [hung, grpcStatus === 4 || grpcStatus === 0])).toEqual(
    ends.map(() => [false, true]),
  );
});
