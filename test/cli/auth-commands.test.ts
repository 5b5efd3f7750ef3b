import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import AuthCanI from '../../commands/auth/can-i.js';
import AuthToken from '../../commands/auth/token.js';
import AuthWhoami from '../../commands/auth/whoami.js';
import { permissionOf } from '../../src/base/permissions.js';
import { allVerbs, verbMethods } from '../../src/cli/verbs.js';
import { TokenBook } from '../../src/control/index.js';
import { FakeNode } from '../client/fake-node.js';
import { readSourceTree } from '../tidy/source-tree.js';
import { documentOf, runCommand } from './run-command.js';

/** Names of all commands, from their files. */
const commands = [...readSourceTree().keys()].flatMap((file) => {
  const path = /^commands\/(.*)\.ts$/.exec(file)?.[1];
  return path === undefined ? [] : [path.replaceAll('/', ' ')];
});

describe('the table of commands', () => {
  test('has every command that there is, and no other', () => {
    expect(Object.keys(verbMethods).sort()).toEqual([...commands].sort());
  });

  test('names methods that there are', () => {
    const methods = allVerbs().flatMap(({ method }) => method ?? []);
    expect(methods.filter((method) => permissionOf(`/${method}`) === undefined)).toEqual([]);
  });
});

describe('whoami and can-i', () => {
  let node: FakeNode;
  let at: string[];
  beforeEach(async () => {
    node = await FakeNode.start(1);
    at = ['-e', node.address];
    node.on('whoAmI', () => ({
      nodeId: 1,
      name: 'ci',
      role: 'operator',
      via: 'certificate',
      identity: 'spiffe://raftctl/…/operator/ci',
      from: '10.0.0.9:5000',
      expiresMs: Date.parse('2031-02-03T04:05:06Z'),
    }));
    node.on('canI', ({ methods }: { methods: string[] }) => ({
      permissions: methods.map((method) => {
        const needs = permissionOf(`/${method}`) ?? '';
        return { method, needs, allowed: needs !== 'admin' };
      }),
    }));
  });
  afterEach(() => node.stop());

  test('whoami says who the caller is to the node', async () => {
    const { stdout, exitCode } = await runCommand(AuthWhoami, 'auth:whoami', at);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['name', 'ci'],
      ['role', 'operator'],
      ['by', 'certificate: spiffe://raftctl/…/operator/ci'],
      ['from', '10.0.0.9:5000'],
      ['expires', '2031-02-03T04:05:06.000Z'],
      [''],
    ]);
    const json = documentOf(await runCommand(AuthWhoami, 'auth:whoami', [...at, '--json']));
    expect(json).toMatchObject({ kind: 'WhoAmI', source: { node: 1 }, data: { role: 'operator', via: 'certificate' } });
  });

  test('can-i ends with 0 for yes and 4 for no, in both forms', async () => {
    const yes = await runCommand(AuthCanI, 'auth:can-i', [...at, 'kv', 'put']);
    expect(yes).toMatchObject({ exitCode: 0, stdout: 'yes: it needs operator\n', stderr: '' });
    const no = await runCommand(AuthCanI, 'auth:can-i', [...at, 'member', 'change']);
    expect(no).toMatchObject({ exitCode: 4, stdout: 'no: it needs admin\n', stderr: '' });
    const json = await runCommand(AuthCanI, 'auth:can-i', [...at, 'member change', '--json']);
    expect(documentOf(json)).toMatchObject({
      exitCode: 4,
      data: { verbs: [{ verb: 'member change', allowed: false, needs: 'admin' }] },
      errors: [{ code: 'E_PERMISSION', message: 'member change needs the role admin' }],
    });
  });

  test('can-i asks no node for a command that asks none', async () => {
    const run = await runCommand(AuthCanI, 'auth:can-i', ['-e', '127.0.0.1:1', 'certs', 'create']);
    expect(run).toMatchObject({ exitCode: 0, stdout: 'yes: it asks no node\n' });
  });

  test('can-i --list has every command and ends with 0', async () => {
    const { stdout, exitCode } = await runCommand(AuthCanI, 'auth:can-i', [...at, '--list']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^VERB +NEEDS +ALLOWED$/m);
    expect(stdout).toMatch(/^member add +admin +no$/m);
    expect(stdout).toMatch(/^node drain +operator +yes$/m);
    expect(stdout.trim().split('\n')).toHaveLength(1 + commands.length);
    const names = await runCommand(AuthCanI, 'auth:can-i', [...at, '--list', '-q']);
    expect(names.stdout).toContain('kv put\n');
    expect(names.stdout).not.toContain('member add');
  });

  test.each([
    [[], 'name one command, or give --list'],
    [['kv', 'put', '--list'], 'name one command, or give --list'],
    [['member', 'chagne'], 'there is no command "member chagne"'],
  ])('can-i %j is no question', async (argv, message) => {
    const { exitCode, stderr } = await runCommand(AuthCanI, 'auth:can-i', [...at, ...argv]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('auth token', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'raftctl-token-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('writes a token that nodes know by the line, for its owner alone, and never over another one', async () => {
    const file = join(folder, 'ci.token');
    const argv = ['ci', '--role', 'operator', '--out', file];
    const { stdout, exitCode } = await runCommand(AuthToken, 'auth:token', argv);
    expect(exitCode).toBe(0);
    const token = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(token);
    expect(TokenBook.parse(stdout, 'stdout').ownerOf(token)).toMatchObject({ name: 'ci', role: 'operator' });

    const again = await runCommand(AuthToken, 'auth:token', argv);
    expect(again.exitCode).toBe(10);
    expect(again.stderr).toContain('is there already, and is not written over');
    expect(readFileSync(file, 'utf8').trim()).toBe(token);
  });

  test('takes no name that a node would not', async () => {
    const argv = ['c i', '--role', 'operator', '--out', join(folder, 'x')];
    expect(await runCommand(AuthToken, 'auth:token', argv)).toMatchObject({ exitCode: 2 });
  });
});
