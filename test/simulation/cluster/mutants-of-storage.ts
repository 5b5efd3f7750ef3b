import type { Mutant } from './mutants.js';

/** Bugs of the storage, and of what relies on it. */
export const storageMutants: readonly Mutant[] = [
  {
    name: 'X13',
    profile: 'disk',
    what: 'the applied index is written behind the state',
    changes: [
      {
        file: 'storage/lmdb-store',
        from: 'appliedRecord.write(batch, environment, { ...applied, keyspace: this.#keyspace });',
        to: 'appliedRecord.write(batch, environment, { ...(this.writtenBefore ?? applied), keyspace: this.#keyspace });\n        this.writtenBefore = applied;',
      },
    ],
  },
  {
    name: 'X17',
    profile: 'members',
    what: 'a snapshot does not bring the hard state along',
    changes: [
      {
        file: 'storage/lmdb-store',
        from: 'this.#setHardState(batch, { ...this.#hardState, commit: Math.max(this.#hardState.commit, index) });',
        to: '',
      },
      {
        file: 'storage/stored-state',
        from: 'commit: Math.max(hardState.commit, applied.index)',
        to: 'commit: hardState.commit',
      },
      {
        file: 'node/driver',
        from: 'this.heldHardState = ready.hs ?? this.heldHardState;',
        to: 'this.heldHardState = snapshot === undefined ? (ready.hs ?? this.heldHardState) : undefined;',
      },
    ],
  },
  {
    name: 'X19',
    profile: 'disk',
    what: 'the log is compacted beyond what is applied',
    changes: [
      {
        file: 'node/snapshots',
        from: 'const upTo = Math.min(snapshot.index - keepEntries, needed ?? snapshot.index);',
        to: 'const upTo = store.lastIndex();',
      },
      {
        file: 'storage/lmdb-store',
        from: 'assert(index <= this.#applied.index, `cannot compact',
        to: 'assert(true, `cannot compact',
      },
    ],
  },
  {
    name: 'X30',
    what: 'a page of entries is cut to nothing where the first one is larger than the limit',
    changes: [
      { file: 'storage/entry-log', from: 'if (entries.length > 0 && bytes > maxBytes)', to: 'if (bytes > maxBytes)' },
    ],
  },
  {
    name: 'X31',
    what: 'the term at the index of the snapshot is another one',
    changes: [
      {
        file: 'storage/entry-log',
        from: 'return this.#bounds.truncatedTerm;',
        to: 'return this.#bounds.truncatedTerm + 1;',
      },
    ],
  },
  {
    name: 'X33',
    profile: 'disk',
    what: 'a damaged entry is taken for a torn end, and the log cut before it',
    changes: [
      {
        file: 'storage/entry-log',
        from: 'const record = this.#readIntact(index);',
        to: `let record;
            try {
                record = this.#readIntact(index);
            }
            catch {
                const before = index - 1 === truncatedIndex ? undefined : this.read(index - 1);
                expected = before === undefined ? this.#bounds.truncatedChecksum : checksumOf(before);
                this.#bounds = { ...this.#bounds, lastIndex: index - 1, lastChecksum: expected };
                records.length = 0;
                bytes = 0;
                continue;
            }`,
      },
      {
        file: 'storage/lmdb-store',
        from: 'return { hardState: this.#hardState, confState',
        to: 'return { hardState: { ...this.#hardState, commit: Math.min(this.#hardState.commit, this.lastIndex()) }, confState',
      },
    ],
  },
  {
    name: 'X36',
    profile: 'disk',
    what: 'a write to a full disk is acknowledged',
    changes: [
      {
        file: 'storage/commit-queue',
        from: 'throw this.#fail(thrown);',
        to: "if (thrown.code !== 'ENOSPC') throw this.#fail(thrown);",
      },
    ],
  },
  {
    name: 'X37',
    profile: 'disk',
    what: 'a flush that failed is acknowledged',
    changes: [
      {
        file: 'storage/commit-queue',
        from: 'throw this.#fail(thrown);',
        to: "if (thrown.code !== 'EIO') throw this.#fail(thrown);",
      },
    ],
  },
];
