import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toClientOptions } from '../../src/cli/connection-options.js';
import { findContext } from '../../src/cli/contexts.js';
import { createClient } from '../../src/client/index.js';

let folder: string;
let token: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-connection-'));
  token = join(folder, 'token');
  writeFileSync(token, 'a-token\n', { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const flags = {
  endpoints: ['127.0.0.1:1'],
  timeout: 1000,
  'dial-timeout': 1000,
  'no-discover': false,
  insecure: false,
};

describe('a token', () => {
  test('comes from a file, without the end of its line', async () => {
    expect(await toClientOptions({ ...flags, 'token-file': token }, undefined)).toMatchObject({ token: 'a-token' });
  });

  test('comes from the context where no flag names one', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, 'contexts: { lab: { endpoints: [127.0.0.1:1], auth: { tokenFile: token } } }');
    const context = await findContext('lab', [config]);
    expect(await toClientOptions(flags, context)).toMatchObject({ token: 'a-token' });
  });

  test('is not taken from a file that is not there, or that others can read; nor is a key', async () => {
    await expect(toClientOptions({ ...flags, 'token-file': 'no-such' }, undefined)).rejects.toThrow(
      'cannot read no-such',
    );
    const loose = join(folder, 'loose');
    writeFileSync(loose, 'a-token');
    chmodSync(loose, 0o640);
    const message = `${loose} can be read by others than its owner`;
    await expect(toClientOptions({ ...flags, 'token-file': loose }, undefined)).rejects.toThrow(message);
    await expect(toClientOptions({ ...flags, cert: token, key: loose }, undefined)).rejects.toThrow(message);
  });

  test('never leaves the machine in plain text', async () => {
    const client = createClient({ endpoints: ['192.0.2.1:7400'], insecure: true, token: 'a-token', timeoutMs: 500 });
    await expect(client.leader()).rejects.toMatchObject({
      code: 'E_TLS_REQUIRED',
      message: 'a token is not sent to 192.0.2.1:7400 in plain text',
    });
    client.close();
  });
});
