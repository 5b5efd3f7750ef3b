import { describe, expect, test } from 'vitest';
import { advertisedAddress, checkOptions, type DaemonOptions } from '../../src/daemon/daemon-options.js';
import { defaultNodeConfig } from '../../src/node/node-config.js';

const plain: DaemonOptions = { id: 1, dataDir: 'd', listen: '127.0.0.1:7401' };
const tls = { cert: 'c', key: 'k', ca: 'a' };
const refusal = (options: Partial<DaemonOptions>) => {
  try {
    checkOptions({ ...plain, ...options });
  } catch (error) {
    return error;
  }
  return 'taken';
};

test('what is left out has a default', () => {
  const checked = checkOptions({ ...plain, config: { tickMs: 50, electionTicks: undefined } });
  expect(checked.name).toBe('n1');
  expect(checked.config).toEqual({ ...defaultNodeConfig, tickMs: 50 });
  expect(advertisedAddress(checked, 7401)).toBe('127.0.0.1:7401');
  expect(advertisedAddress(checkOptions({ ...plain, listen: '[::1]:0' }), 4711)).toBe('[::1]:4711');
  expect(advertisedAddress(checkOptions({ ...plain, advertise: 'localhost:9' }), 7401)).toBe('localhost:9');
});

describe('plain text', () => {
  test.each<Partial<DaemonOptions>>([
    { listen: '[::1]:1' },
    { listen: 'localhost:0', join: ['127.0.0.9:2'], metrics: '127.0.0.1:3' },
    { listen: '0.0.0.0:1', advertise: '10.0.0.1:1', insecure: true },
    { listen: '0.0.0.0:1', advertise: '10.0.0.1:1', tls },
  ])('is taken with %j', (options) => {
    expect(refusal(options)).toBe('taken');
  });

  test.each<[string, Partial<DaemonOptions>]>([
    ['--listen 10.0.0.1:7400', { listen: '10.0.0.1:7400' }],
    ['--listen 0.0.0.0:7400', { listen: '0.0.0.0:7400', advertise: '127.0.0.1:1' }],
    ['--advertise n1.example:7400', { advertise: 'n1.example:7400' }],
    ['--advertise 127.0.0.1.example:1', { advertise: '127.0.0.1.example:1' }],
    ['--join 10.0.0.2:7400', { join: ['127.0.0.1:1', '10.0.0.2:7400'] }],
    ['--metrics 10.0.0.1:9', { metrics: '10.0.0.1:9' }],
  ])('does not leave the machine by %s', (named, options) => {
    expect(refusal(options)).toMatchObject({ code: 'E_TLS_REQUIRED', message: expect.stringContaining(named) });
  });
});

test.each<[RegExp, Partial<DaemonOptions>]>([
  [/--id 0/, { id: 0 }],
  [/--data-dir/, { dataDir: '' }],
  [/--listen 7401/, { listen: '7401' }],
  [/--listen localhost:99999/, { listen: 'localhost:99999' }],
  [/--advertise localhost:0/, { advertise: 'localhost:0' }],
  [/--join 0.0.0.0:1/, { join: ['0.0.0.0:1'] }],
  [/every address of this machine/, { listen: '0.0.0.0:1', insecure: true }],
  [/tickMs 0/, { config: { tickMs: 0 } }],
  [/electionTicks 2: must be more than heartbeatTicks 2/, { config: { electionTicks: 2, heartbeatTicks: 2 } }],
])('is refused: %s', (sentence, options) => {
  expect(refusal(options)).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(sentence) });
});
