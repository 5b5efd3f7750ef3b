import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDaemon } from '../../src/daemon/index.js';
import { openTraceFile } from '../../src/daemon/trace-file.js';
import { type TraceEvent, traceLine } from '../../src/raft/index.js';
import { RecordingLogger } from '../control/control-server.js';

let folder: string;
let logger: RecordingLogger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-trace-'));
  logger = new RecordingLogger();
});
afterEach(() => rmSync(folder, { recursive: true }));

function event(log: number): TraceEvent {
  const state = { term: 1, vote: '1', commit: log };
  return { name: 'Commit', nid: '1', state, role: 'StateLeader', log, applied: 0, conf: [['1'], []] };
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

test('what is traced is in the file once it is closed, behind what was there, and for the owner alone', async () => {
  const file = join(folder, 'new.ndjson');
  for (const run of [1, 2]) {
    const trace = await openTraceFile(file, logger);
    for (let log = 1; log <= 1000; log++) trace.tracer(event(run * 10_000 + log));
    await trace.close();
  }
  const lines = linesOf(file);
  expect(lines).toHaveLength(2000);
  expect(`${lines[1999]}\n`).toBe(traceLine(event(21_000)));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('after it is closed nothing is added', async () => {
  const file = join(folder, 'closed.ndjson');
  const trace = await openTraceFile(file, logger);
  trace.tracer(event(1));
  await trace.close();
  trace.tracer(event(2));
  await trace.close();
  expect(linesOf(file)).toHaveLength(1);
});

test('a disk that does not keep up ends the trace with what it has, and the log says so', async () => {
  const file = join(folder, 'slow.ndjson');
  const trace = await openTraceFile(file, logger);
  // No turn of the event loop passes, so that nothing can be written meanwhile.
  const bytes = traceLine(event(1)).length;
  const events = Math.ceil((20 * 1024 * 1024) / bytes);
  for (let log = 0; log < events; log++) trace.tracer(event(1));
  await trace.close();
  const lines = linesOf(file);
  expect(lines.length).toBeLessThan(events);
  expect(new Set(lines)).toEqual(new Set([traceLine(event(1)).trimEnd()]));
  expect(logger.errors).toHaveLength(1);
});

test('a file that cannot be opened is refused before the node serves', async () => {
  writeFileSync(join(folder, 'file'), '');
  const options = { id: 1, dataDir: join(folder, 'data'), listen: '127.0.0.1:0', trace: join(folder, 'file', 'trace') };
  await expect(startDaemon(options, logger)).rejects.toMatchObject({ code: 'E_USAGE' });
});

test('a node that is told to trace begins with the state that it starts from', async () => {
  const file = join(folder, 'node.ndjson');
  const options = { id: 7, dataDir: join(folder, 'data'), listen: '127.0.0.1:0', trace: file };
  const daemon = await startDaemon(options, logger);
  await daemon.stop();
  expect(JSON.parse(linesOf(file)[0] ?? '')).toEqual({
    tag: 'trace',
    event: {
      name: 'InitState',
      nid: '7',
      state: { term: 0, vote: '0', commit: 0 },
      role: 'StateFollower',
      log: 0,
      applied: 0,
      conf: [[], []],
    },
  });
});
