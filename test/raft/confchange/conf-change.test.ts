import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, ConfChangeType, EntryType } from '../../../src/gen/raft/v1/raft.js';
import {
  confStateEqual,
  decodeConfChange,
  encodeConfChange,
  intoV2,
  parseConfChange,
  stringifyConfChange,
} from '../../../src/raft/conf-change.js';
import { RaftError } from '../../../src/raft/errors.js';

const context = Uint8Array.of(1, 2, 3);

describe('a change as text', () => {
  test('is read and written the same', () => {
    expect(stringifyConfChange(parseConfChange('  v1 l2\n r3 u4 '))).toBe('v1 l2 r3 u4');
    expect(parseConfChange('')).toEqual([]);
  });

  test('that means nothing is refused, with what was not understood', () => {
    expect(() => parseConfChange('v1 x2')).toThrow('unknown input: x2');
    expect(() => parseConfChange('v')).toThrow('unknown token v');
    expect(() => parseConfChange('vv')).toThrow('not a node id: v');
    expect(() => parseConfChange('v9007199254740993')).toThrow('not a node id');
  });
});

describe('a change in an entry', () => {
  test('of version 1 is read as one of version 2 with one step', () => {
    const change = { id: 0, changeType: ConfChangeType.REMOVE_NODE, nodeId: 7, context };
    const entry = encodeConfChange(change);
    expect(entry.entryType).toBe(EntryType.CONF_CHANGE);
    expect(decodeConfChange(entry)).toEqual(intoV2(change));
    expect(intoV2(change)).toMatchObject({ transition: ConfChangeTransition.AUTO, changes: parseConfChange('r7') });
  });

  test('of version 2 comes back whole; the empty one has no bytes', () => {
    const change = { transition: ConfChangeTransition.ROLLBACK, changes: parseConfChange('v1 l2'), context };
    expect(decodeConfChange(encodeConfChange(change))).toEqual(change);
    expect(
      encodeConfChange({ transition: ConfChangeTransition.AUTO, changes: [], context: new Uint8Array() }).data.length,
    ).toBe(0);
  });

  test('of whatever bytes is read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(EntryType.CONF_CHANGE, EntryType.CONF_CHANGE_V2),
        (data, entryType) => {
          try {
            decodeConfChange({ entryType, data });
          } catch (error) {
            expect(error).toBeInstanceOf(RaftError);
          }
        },
      ),
    );
  });

  test('is not looked for in other entries', () => {
    expect(() => decodeConfChange({ entryType: EntryType.NORMAL, data: context })).toThrow('no configuration change');
  });
});

test('two configurations are equal whatever the order of their lists', () => {
  const conf = { voters: [1, 2, 3], learners: [4, 5], votersOutgoing: [], learnersNext: [], autoLeave: false };
  expect(confStateEqual(conf, { ...conf, voters: [3, 1, 2], learners: [5, 4] })).toBe(true);
  expect(confStateEqual(conf, { ...conf, voters: [1, 2] })).toBe(false);
  expect(confStateEqual(conf, { ...conf, voters: [1, 2, 4] })).toBe(false);
  expect(confStateEqual(conf, { ...conf, learnersNext: [1] })).toBe(false);
  expect(confStateEqual(conf, { ...conf, votersOutgoing: [1] })).toBe(false);
  expect(confStateEqual(conf, { ...conf, autoLeave: true })).toBe(false);
});
