import { createHash } from 'node:crypto';
import { u64Bytes } from './keyspace.js';
import type { AppliedMark, StateRecord } from './ports.js';

/** Written before everything else, so that another way to hash never comes to the same by chance. */
const FORM = 'replicated state, form 1\n';

/**
 * Hash of all that the replicas of a cluster agree on behind one entry: where apply stands, the configuration, and each record of the
 * keyspace. How the records lie on a disk, and what is set for one node alone, is not in it.
 */
export class StateHash {
  readonly #hash = createHash('sha256').update(FORM);
  #records = 0;
  #bytes = 0;

  constructor({ index, term, configIndex, confState }: AppliedMark) {
    const { voters, votersOutgoing, learners, learnersNext, autoLeave } = confState;
    this.#hash.update(u64Bytes(index, term, configIndex, autoLeave ? 1 : 0));
    for (const ids of [voters, votersOutgoing, learners, learnersNext]) {
      this.#hash.update(u64Bytes(ids.length, ...ids.toSorted((a, b) => a - b)));
    }
  }

  get records(): number {
    return this.#records;
  }

  /** Of keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Records come in the order of their keys. */
  add({ key, value }: StateRecord): void {
    this.#hash.update(u64Bytes(key.length, value.length)).update(key).update(value);
    this.#records++;
    this.#bytes += key.length + value.length;
  }

  /** Hex; nothing can be added behind it. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
