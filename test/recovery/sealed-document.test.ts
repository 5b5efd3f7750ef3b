import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { openDocument, planRecovery, sealDocument } from '../../src/recovery/index.js';
import { collected, wish } from './collected.js';

const node = collected({ id: 1, terms: [1, 2], commit: 2 });
const text = JSON.stringify(sealDocument('RecoveryFacts', node));

test('what was sealed is read back, however it is laid out', () => {
  const { sha256, ...read } = openDocument('RecoveryFacts', JSON.stringify(JSON.parse(text), null, 2), 'n1.json');
  expect(read).toEqual({ kind: 'RecoveryFacts', formatVersion: 1, ...node });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('a file that was changed in any place is refused', () => {
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'x', '"', ' ', ''), (at, piece) => {
      const changed = text.slice(0, at) + piece + text.slice(at + 1);
      const meansTheSame = (() => {
        try {
          return JSON.stringify(JSON.parse(changed)) === text;
        } catch {
          return false;
        }
      })();
      fc.pre(!meansTheSame);
      expect(() => openDocument('RecoveryFacts', changed, 'n1.json')).toThrow(RaftctlError);
    }),
  );
});

test.each(['', 'null', '[]', '7', '"text"', '{}', '{"kind":7}', 'nothing of the kind'])(
  '%s is no such file',
  (other) => {
    expect(() => openDocument('RecoveryFacts', other, 'n1.json')).toThrow('n1.json cannot be used');
  },
);

test('a plan is not taken for what was collected', () => {
  const plan = JSON.stringify(sealDocument('RecoveryPlan', planRecovery([node], wish([2, 3, 4, 5]))));
  expect(() => openDocument('RecoveryFacts', plan, 'rec.json')).toThrow('it holds a RecoveryPlan, not a RecoveryFacts');
});
