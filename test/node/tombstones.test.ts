import { describe, expect, it } from 'vitest';
import { Member, Tombstone } from '../../src/gen/raftctl/v1/member.js';
import { concatBytes, KeyspacePrefix, u64Bytes } from '../../src/node/keyspace.js';
import { addTombstone, readTombstones, TOMBSTONES_MAX, takeTombstone } from '../../src/node/tombstones.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const member = (id: number) => Member.create({ id, name: `n${id}`, address: `h${id}:1` });
const idsOf = (keyspace: MemoryKeyspace) => readTombstones(keyspace).map((tombstone) => tombstone.member?.id);

describe('tombstones', () => {
  it('are read with who left last first, and taken once', () => {
    const keyspace = new MemoryKeyspace();
    addTombstone(keyspace, member(7), 20, 1000);
    addTombstone(keyspace, member(300), 30, 2000);
    addTombstone(keyspace, member(2), 25, 1500);
    expect(idsOf(keyspace)).toEqual([300, 2, 7]);
    expect(takeTombstone(keyspace, 2)).toEqual({ member: member(2), removedIndex: 25, removedMs: 1500 });
    expect(takeTombstone(keyspace, 2)).toBeUndefined();
    expect(idsOf(keyspace)).toEqual([300, 7]);
  });

  it('are one for an id that left again', () => {
    const keyspace = new MemoryKeyspace();
    addTombstone(keyspace, member(7), 20, 0);
    addTombstone(keyspace, member(7), 40, 0);
    expect(readTombstones(keyspace).map(({ removedIndex }) => removedIndex)).toEqual([40]);
  });

  it('are kept up to a limit: who left first is forgotten first', () => {
    const ids = Array.from({ length: TOMBSTONES_MAX }, (_, at) => at + 1);
    // Written as they are kept, so that the limit itself is not paid for at each of them.
    const keyspace = new MemoryKeyspace(
      ids.map((id) => ({
        key: concatBytes(Uint8Array.of(KeyspacePrefix.tombstones, 1), u64Bytes(id)),
        value: Tombstone.encode({ member: member(id), removedIndex: id, removedMs: 0 }).finish(),
      })),
    );
    expect(idsOf(keyspace)).toEqual(ids.toReversed());
    addTombstone(keyspace, member(9999), 9999, 0);
    expect(idsOf(keyspace)).toEqual([9999, ...ids.slice(1).reverse()]);
  });
});
