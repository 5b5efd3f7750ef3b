import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../tidy/source-tree.js';
import { binary } from './binary.js';
import { TestCluster } from './cluster.js';

/** What a shell left behind. */
interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/**
 * The recipes of the documentation, in a real shell, as people paste them. `ssh HOST systemctl restart raftnode` is a small program here
 * that asks this test to restart the node; `jq` is one that knows the one question that is asked of it.
 */
describe('recipes for scripts', () => {
  let cluster: TestCluster;
  let remote: Server;

  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
    const tools = join(cluster.folder, 'bin');
    mkdirSync(tools);
    const socket = join(cluster.folder, 'remote.sock');
    tool('raftctl', `exec "${process.execPath}" "${binary}" "$@"`);
    const ask = `require('net').connect('${socket}').on('data',(d)=>process.exit(Number(d))).write(process.argv[1])`;
    tool('ssh', `exec "${process.execPath}" -e "${ask}" "$1"`);
    const ids = "JSON.parse(require('fs').readFileSync(0)).data.members.forEach((m)=>console.log(m.id))";
    tool('jq', `[ "$*" = '-r .data.members[].id' ] && exec "${process.execPath}" -e "${ids}"; exit 99`);
    remote = createServer((connection) => {
      connection.on('data', (host) => {
        const id = Number(host.toString().slice(1));
        restart(id).then(
          () => connection.end('0'),
          () => connection.end('1'),
        );
      });
    }).listen(socket);

    function tool(name: string, script: string): void {
      writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(tools, name), 0o755);
    }
  });
  afterAll(async () => {
    remote.close();
    await cluster.close();
  });

  async function restart(id: number): Promise<void> {
    await cluster.node(id).stop();
    await cluster.startNode(id);
  }

  function shell(script: string, env: Record<string, string> = {}): Promise<ShellResult> {
    const child = spawn('sh', ['-c', script], {
      cwd: cluster.folder,
      env: {
        PATH: [join(cluster.folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
        HOME: cluster.folder,
        XDG_CONFIG_HOME: cluster.folder,
        RAFTCTL_ENDPOINTS: cluster.endpoints([1, 2, 3]),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve) => child.once('close', (exitCode) => resolve({ stdout, stderr, exitCode })));
  }

  test('wait for a leader, and name it', async () => {
    const { stdout, exitCode } = await shell(`
      raftctl wait leader --timeout 30s || exit
      leader=$(raftctl leader show -o name)
      echo "$leader"`);
    expect([exitCode, stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/^member\/[123]$/)]);
  });

  test('list the ids of the members', async () => {
    const { stdout, stderr } = await shell(`raftctl member list -o json | jq -r '.data.members[].id'`);
    expect([stdout, stderr]).toEqual(['1\n2\n3\n', '']);
  });

  test('restart all nodes one after the other, the leader last', async () => {
    const before = await shell('raftctl leader show -o name');
    const { stdout, stderr, exitCode } = await shell(`
      for id in $(raftctl member list --sort-by leader-last -o quiet); do
        raftctl node ok-to-stop "$id" || exit 5
        raftctl node drain "$id" && ssh "n$id" systemctl restart raftnode
        raftctl wait "node=$id:caught-up" healthy --timeout 5m && raftctl node undrain "$id"
        echo "restarted $id"
      done`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('error') });
    const restarted = [...stdout.matchAll(/^restarted (\d)$/gm)].map(([, id]) => `member/${id}`);
    expect(restarted.toSorted()).toEqual(['member/1', 'member/2', 'member/3']);
    expect(restarted.at(-1)).toBe(before.stdout.trim());
    const { nodes } = await cluster.succeed<{ nodes: { id: number; drained?: boolean }[] }>(['status']);
    expect(nodes.filter(({ drained }) => drained === true)).toEqual([]);
  });

  test('plan a change, and apply just that', async () => {
    await shell(`raftctl member add ${cluster.address(4)} --id 4 --learner`);
    const { exitCode, stderr } = await shell(
      'raftctl member plan --voters 1,3,4 --out p.json && raftctl member apply p.json --yes --reason "$CI_JOB"',
      { CI_JOB: 'job-7' },
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const { config } = await cluster.succeed<{ config: { voters: number[] } }>(['status'], [1, 3, 4]);
    expect(config.voters).toEqual([1, 3, 4]);
  });

  test('compare the members with a file', async () => {
    const same = await shell(
      'raftctl member export members.yaml && raftctl member diff -f members.yaml --detailed-exitcode',
    );
    expect(same).toMatchObject({ exitCode: 0 });
    const text = readFileSync(join(cluster.folder, 'members.yaml'), 'utf8');
    writeFileSync(join(cluster.folder, 'members.yaml'), text.replace(cluster.address(4), '127.0.0.1:1'));
    expect(await shell('raftctl member diff -f members.yaml --detailed-exitcode')).toMatchObject({ exitCode: 13 });
  });

  test('page somebody by how bad it is', async () => {
    const page =
      'raftctl cluster health --require-tolerance 1 -q; case $? in 0) ;; 5) echo page low ;; 3|6) echo page high ;; esac';
    expect((await shell(page)).stdout).toBe('');
    await cluster.kill(4);
    expect((await shell(page)).stdout).toBe('page low\n');
    await cluster.startNode(4);
    expect(await shell('raftctl wait healthy --timeout 30s')).toMatchObject({ exitCode: 0 });
    expect((await shell(page, { RAFTCTL_ENDPOINTS: '127.0.0.1:1' })).stdout).toBe('page high\n');
  });

  test('save a snapshot each night', async () => {
    const { stdout, exitCode } = await shell(
      'raftctl snapshot save "prod-$(date +%F).snap" --reason nightly && raftctl snapshot verify prod-*.snap',
    );
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^saved and verified .*\nverified /)]);
  });

  test('save by the clock, verify, and keep the newest few', async () => {
    const page = readFileSync(join(checkout, 'docs/backup.md'), 'utf8');
    const [, script = ''] = /```sh\n(#!\/bin\/sh\n[^`]+)```/.exec(page) ?? [];
    writeFileSync(join(cluster.folder, 'bin', 'backup.sh'), script, { mode: 0o755 });
    const files = () => readdirSync(join(cluster.folder, 'saved')).sort();
    for (let run = 0; run < 2; run++)
      expect(await shell('backup.sh saved 2')).toMatchObject({ exitCode: 0, stderr: '' });
    const [oldest] = files();
    expect(await shell('backup.sh saved 2')).toMatchObject({ exitCode: 0, stdout: '' });
    const kept = files();
    expect([kept.length, kept.includes(oldest ?? '')]).toEqual([2, false]);
    // What fails leaves the files of before alone, and nothing of itself.
    expect(await shell('backup.sh saved 1', { RAFTCTL_ENDPOINTS: '127.0.0.1:1' })).toMatchObject({ exitCode: 3 });
    expect(files()).toEqual(kept);
  });

  test('follow what happens, an event a line', async () => {
    const reader =
      'raftctl watch --types leader,config --since 0 -o ndjson | while read -r e; do echo "$e"; break; done';
    // Who reads no more is noticed with the next event.
    const transfer = 'until [ -s events ]; do :; done; raftctl leader transfer --auto >/dev/null';
    const { stdout } = await shell(`(${transfer}) & ${reader} | tee events; wait`);
    expect(JSON.parse(stdout)).toMatchObject({ seq: expect.any(Number), type: expect.stringMatching(/leader|config/) });
  });

  test('leave early, without a word of protest', async () => {
    const { stderr } = await shell('raftctl status -o json | head -c1 >/dev/null');
    expect(stderr).toBe('');
  });
});
