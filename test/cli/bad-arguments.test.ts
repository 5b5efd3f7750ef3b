import { Parser } from '@oclif/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import ClusterDoctor from '../../commands/cluster/doctor.js';
import KvGet from '../../commands/kv/get.js';
import KvPut from '../../commands/kv/put.js';
import MemberChange from '../../commands/member/change.js';
import MemberList from '../../commands/member/list.js';
import MemberRemove from '../../commands/member/remove.js';
import NodeList from '../../commands/node/list.js';
import NodeReset from '../../commands/node/reset.js';
import Progress from '../../commands/progress.js';
import Status from '../../commands/status.js';
import { parseDuration, parseSize, parseWholeNumber } from '../../src/cli/flag-values.js';
import { renderTable } from '../../src/cli/table.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { allCommands } from './all-commands.js';
import { documentOf, runCommand } from './run-command.js';

const nobody = ['-e', '127.0.0.1:1', '--timeout', '500ms'];

beforeEach(() => {
  for (const name of ['RAFTCTL_ENDPOINTS', 'RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  vi.stubEnv('NODE_ENV', 'production');
});
afterEach(() => vi.unstubAllEnvs());

describe('bad input 46: flags', () => {
  test.each([
    ['a slip of the pen', KvGet, ['key', '--consistancy', 'local'], 'did you mean --consistency?'],
    ['a flag twice', Status, ['--timeout', '5s', '--timeout', '6s'], '--timeout can only be specified once'],
    ['two forms of output', Status, ['-o', 'wide', '--output', 'name'], '--output can only be specified once'],
    ['a flag without its value', Status, ['--timeout'], '--timeout expects a value'],
    ['a value for a flag that takes none', Status, ['--quiet=yes'], 'unexpected argument: yes'],
    ['a flag of one letter that there is not', Status, ['-z'], 'nonexistent flag: -z'],
    ['a key that looks like a flag', KvGet, ['-key'], 'nonexistent flag'],
    ['an empty value', Status, ['--endpoints='], '--endpoints: "" is not an address'],
    ['an argument too many', KvGet, ['one', 'two'], 'unexpected argument: two'],
    ['an argument that is missing', KvPut, ['key'], 'value'],
  ])('%s is refused in one sentence, exit 2, and nobody is asked', async (_, command, argv, sentence) => {
    const run = await runCommand(command, 'some:command', argv);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr.toLowerCase()).toContain(sentence.toLowerCase());
    expect(run.stderr).toMatch(/^error: .*\n(?:hint: .*\n)?code: E_USAGE \(exit 2\)\n$/);
  });

  test('a number below zero is a value, and -- ends the flags', async () => {
    for (const argv of [
      ['key', '-1'],
      ['--', '-key', '--json'],
    ]) {
      const run = await runCommand(KvPut, 'kv:put', [...nobody, ...argv]);
      expect(run.stderr).not.toContain('nonexistent flag');
    }
  });
});

describe('bad input 47: numbers', () => {
  const badNumbers = [
    '1e9',
    ' 5',
    '5 ',
    '٣',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '-0',
    '+5',
    '',
    '5.0',
    '2^64',
    '1,000',
  ];

  test.each(badNumbers)('%j is no number', (text) => {
    expect(() => parseWholeNumber(text, { min: 0 })).toThrow(/is not a whole number/);
  });

  test('one that would be rounded is too large, and those at the bounds are taken', () => {
    const most = 2 ** 53 - 1;
    expect(parseWholeNumber(`${most}`, { min: 0 })).toBe(most);
    for (const text of ['9007199254740992', '18446744073709551616', '9'.repeat(400)]) {
      expect(() => parseWholeNumber(text, { min: 0 })).toThrow(/is too large/);
    }
    expect(() => parseWholeNumber('0', { min: 1 })).toThrow(/is too small/);
    expect(parseWholeNumber('-3', { min: -3 })).toBe(-3);
  });

  test('every flag of every command that takes a number holds to that', async () => {
    let numbers = 0;
    for (const [id, command] of await allCommands()) {
      for (const [name, flag] of Object.entries({ ...command.baseFlags, ...command.flags })) {
        if (flag.type !== 'option') continue;
        const alone = { ...flag, required: false, dependsOn: [], exclusive: [], relationships: [] };
        const refusal = async (text: string) =>
          Parser.parse([`--${name}=${text}`], { flags: { [name]: alone } }).then(
            () => 'taken',
            (thrown: unknown) => String(thrown),
          );
        if (!(await refusal('no-number')).includes('is not a whole number')) {
          expect(await refusal('no-number'), `${id} --${name}`).not.toContain('integer');
          continue;
        }
        numbers += 1;
        for (const text of ['1e9', '0x10', '-0', '18446744073709551616']) {
          expect(await refusal(text), `${id} --${name}=${text}`).toMatch(/is not a whole number|is too large/);
        }
      }
    }
    expect(numbers).toBeGreaterThan(40);
  });

  test.each(['5', '5 m', ' 5m', '5m ', '٥m', '-5m', '1e3s', '0x5s', 'Infinitys', '5M', '25d', '999999999h'])(
    '%j is no duration',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/is not a duration|is too long/);
    },
  );

  test.each(['5', '5 MiB', '1e3KB', '0x5B', '-1B', 'InfinityB', '5mb', '99999999999999TiB'])(
    '%j is no size',
    (text) => {
      expect(() => parseSize(text)).toThrow(/is not a size|is too large/);
    },
  );
});

describe('bad input 49: terminals of any width', () => {
  const columns = [{ head: 'ID' }, { head: 'NAME', optional: true as const }, { head: 'ADDRESS' }];
  const rows = [['1', 'n1', '10.0.0.1:7400']];

  test.each([1, 2, 10_000, 0])('%d characters', async (width) => {
    const text = await renderTable(columns, rows, { headers: true, width });
    expect(text).toContain('10.0.0.1:7400');
    expect(text.includes('NAME')).toBe(width === 10_000);
  });
});

describe('bad input 52: endpoints', () => {
  test.each([
    ['none', [], 'no endpoints'],
    ['an empty one', ['-e', ''], '"" is not an address'],
    ['a comma at the end', ['-e', '127.0.0.1:1,'], '"" is not an address'],
    ['IPv6 without brackets', ['-e', '::1:7400'], 'expected HOST:PORT, [IPV6]:PORT'],
    ['port 0', ['-e', '127.0.0.1:0'], 'the port must be 1 to 65535'],
    ['port 70000', ['-e', '127.0.0.1:70000'], 'is not an address'],
    ['no port', ['-e', 'localhost'], 'is not an address'],
    ['a host of 300 letters', ['-e', `${'a'.repeat(300)}:1`], 'is not an address'],
    ['a name and a password', ['-e', 'http://anna:secret@127.0.0.1:1'], 'is not an address'],
    ['a socket without a path', ['-e', 'unix:'], 'the path of the Unix socket is missing'],
  ])('%s: exit 2, and says which', async (_, argv, sentence) => {
    const run = await runCommand(Status, 'status', argv);
    expect([run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain(sentence);
  });

  test('that are all dead are all named, a thousand of them as well', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => `127.0.0.${1 + (at % 250)}:${1 + Math.floor(at / 250)}`);
    const run = await runCommand(Status, 'status', ['-e', many.join(','), '--json', '--timeout', '20s']);
    expect(run.exitCode).toBe(3);
    expect(documentOf(run).errors[0]?.facts).toHaveLength(1000);
  });

  test('of which one is dead are no fault, and one that is named twice is asked once', async () => {
    const nodes = await startTrio();
    const at = nodes[0].address;
    const run = await runCommand(Status, 'status', ['-e', `127.0.0.1:1,${at},http://${at}/`, '--json']);
    for (const node of nodes) node.stop();
    expect(run.exitCode).toBe(0);
    expect(nodes[0].requests('getStatus')).toHaveLength(1);
  });

  test('of two clusters are never mixed', async () => {
    const [one, other] = [await startTrio(), await startTrio()];
    for (const node of other) {
      node.status.clusterId = 'd'.repeat(32);
      node.status.members = [];
    }
    const run = await runCommand(Status, 'status', ['-e', `${one[0].address},${other[0].address}`, '--json']);
    for (const node of [...one, ...other]) node.stop();
    const { cluster, warnings } = documentOf(run);
    const [kept, leftOut] = cluster?.id === one[0].status.clusterId ? [one, other] : [other, one];
    expect(cluster?.id).toBe(kept[0].status.clusterId);
    expect(run.stderr).toContain(`warning: ${leftOut[0].address} is node 1 of another cluster`);
    expect(warnings).toMatchObject([{ code: 'W_WRONG_CLUSTER' }]);
  });

  test('over TLS and in plain text at once: what the one says is not lost where the other one fails worse', async () => {
    const stranger = await startTrio();
    const argv = ['-e', `${stranger[0].address},127.0.0.1:1`, '--tls-server-name', 'x', '--json', '--timeout', '3s'];
    const run = await runCommand(Status, 'status', argv);
    for (const node of stranger) node.stop();
    expect(run.exitCode).toBe(3);
    expect(documentOf(run).errors[0]).toMatchObject({ code: 'E_TLS' });
    expect(documentOf(run).errors[0]?.facts).toContain('127.0.0.1:1 refused the connection');
  });
});

describe('bad input 54: what destroys is refused unless it is confirmed', () => {
  test('an id is whole or none: 1 is not the beginning of 12', async () => {
    const nodes = await startTrio();
    const run = await runCommand(MemberRemove, 'member:remove', ['12', '-e', nodes[0].address, '--timeout', '2s']);
    for (const node of nodes) node.stop();
    expect(run.exitCode).not.toBe(0);
    expect(nodes.flatMap((node) => node.requests('changeMembers'))).toEqual([]);
  });

  test('nobody is there to be asked, and the flag that says it is named', async () => {
    const run = await runCommand(NodeReset, 'node:reset', ['--data-dir', '/nowhere/data', ...nobody]);
    expect([2, 11]).toContain(run.exitCode);
    expect(run.stderr).toMatch(/^error: /);
  });

  test('nor is a set that leaves no voter', async () => {
    const run = await runCommand(MemberChange, 'member:change', ['--voters', 'none', ...nobody]);
    expect(run.exitCode).toBe(2);
  });
});

describe('bad input 55: what nodes say of themselves cannot move the cursor', () => {
  let nodes: [FakeNode, FakeNode, FakeNode];
  const hostile = '\u001b[2J\u001b]0;owned\u0007n1\r\n\u202eevil\u009b31m';
  beforeEach(async () => {
    nodes = await startTrio();
    for (const node of nodes) {
      Object.assign(node.status, { name: hostile, clusterName: hostile, stateMachine: hostile, version: hostile });
      for (const member of node.status.members) Object.assign(member, { name: hostile, zone: hostile });
    }
    const { members, confState } = nodes[0].status;
    const list = { clusterId: 'c'.repeat(32), configIndex: 1, confState, members, announced: [], removed: [] };
    nodes[0].on('listMembers', () => list);
    // Somebody to be named by those who name only what is not well.
    nodes[2].stop();
  });
  afterEach(() => {
    for (const node of nodes) node.stop();
  });

  test.each([
    ['status', Status],
    ['member list', MemberList],
    ['node list', NodeList],
    ['progress', Progress],
    ['cluster doctor', ClusterDoctor],
  ])('%s', async (id, command) => {
    for (const form of ['wide', 'table', 'name']) {
      const { stdout, stderr } = await runCommand(command, id, ['-e', nodes[0].address, '-o', form, '--no-color']);
      if (form !== 'name') expect(stdout + stderr).toContain('evil');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
    const json = await runCommand(command, id, ['-e', nodes[0].address, '--json']);
    expect(JSON.stringify(documentOf(json).data)).toContain('evil');
  });
});
