import { Metadata } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { Callers, TokenBook } from '../../src/control/index.js';
import {
  WrongTokens,
  wrongTokenAddressesMax,
  wrongTokensMax,
  wrongTokensWindowMs,
} from '../../src/control/wrong-tokens.js';
import { newToken, tokenLine } from '../../src/credentials/index.js';

const right = newToken();
const book = TokenBook.parse(tokenLine('admin', 'ops', right), 'tokens');

/** A node that takes tokens, on a clock that stands still. */
function node() {
  const clock = { ms: 1_000_000 };
  const callers = new Callers({ tokens: () => book, wallClock: () => clock.ms });
  const call = (token: string, from = '192.0.2.1:40000') => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    return callers.of({ metadata, getPeer: () => from, getAuthContext: () => ({}) });
  };
  const tryOut = (times: number, from?: string) => {
    for (let left = times; left > 0; left--)
      expect(() => call(newToken(), from)).toThrow('not one that this node knows');
  };
  return { clock, callers, call, tryOut };
}

test('whoever tries tokens out is turned away before one is looked at, until a minute has passed', () => {
  const { clock, call, tryOut } = node();
  tryOut(wrongTokensMax);
  const looked = vi.spyOn(book, 'ownerOf');
  clock.ms += 20_000;
  expect(() => call(right)).toThrow(
    expect.objectContaining({ code: 'E_PERMISSION', hint: expect.stringContaining('ask again in 40 s') }),
  );
  expect(looked).not.toHaveBeenCalled();
  looked.mockRestore();
  clock.ms += wrongTokensWindowMs;
  expect(call(right)).toMatchObject({ name: 'ops' });
  tryOut(wrongTokensMax);
  expect(() => call(right)).toThrow('too many wrong tokens');
});

test('a slip of the hand now and then, and others who come from elsewhere, are not turned away', () => {
  const { call, tryOut, clock } = node();
  tryOut(wrongTokensMax - 1);
  expect(call(right)).toMatchObject({ name: 'ops' });
  tryOut(1);
  expect(() => call(right, '192.0.2.1:50000')).toThrow('too many wrong tokens');
  expect(call(right, '192.0.2.2:40000')).toMatchObject({ name: 'ops' });
  // A right one does not make the wrong ones undone: who has a token could else try out others for ever.
  clock.ms -= 3_600_000;
  expect(call(right)).toMatchObject({ name: 'ops' });
});

test('who shows no token is not counted', () => {
  const { callers, call, tryOut } = node();
  tryOut(wrongTokensMax);
  const bare = { metadata: new Metadata(), getPeer: () => '192.0.2.1:1', getAuthContext: () => ({}) };
  expect(callers.of(bare)).toMatchObject({ name: 'nobody' });
  expect(() => call(right)).toThrow('too many wrong tokens');
});

test.each([
  ['the ports of an address', '192.0.2.1:1', '192.0.2.1:65535', true],
  ['an address of IPv4 in the clothes of IPv6', '::ffff:192.0.2.1:1', '192.0.2.1:2', true],
  ['the addresses of one network of IPv6', '2001:db8:1:2::1:40000', '2001:db8:1:2:3:4:5:6:40001', true],
  ['two networks of IPv6', '2001:db8:1:2::1:40000', '2001:db8:1:3::1:40000', false],
  ['this machine and a network', '::1:40000', '2001:db8::1:40000', false],
])('%s: one address or two', (_, one, other, isSame) => {
  const wrong = new WrongTokens(() => 0);
  for (let left = wrongTokensMax; left > 0; left--) wrong.note(one);
  expect(wrong.waitMs(one)).toBe(wrongTokensWindowMs);
  expect(wrong.waitMs(other)).toBe(isSame ? wrongTokensWindowMs : 0);
});

test('no more addresses are remembered than there is room for; the oldest goes first', () => {
  const wrong = new WrongTokens(() => 0);
  const address = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:1`;
  for (let left = wrongTokensMax; left > 0; left--) wrong.note(address(0));
  for (let at = 1; at < wrongTokenAddressesMax; at++) wrong.note(address(at));
  expect(wrong.waitMs(address(0))).toBeGreaterThan(0);
  wrong.note(address(wrongTokenAddressesMax));
  expect(wrong.waitMs(address(0))).toBe(0);
});
