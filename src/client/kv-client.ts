import {
  type CompareAndSetResponse,
  type DeleteResponse,
  type GetResponse,
  KvServiceService as Kv,
  type KvExpectation,
  type ListResponse,
  type PutResponse,
} from '../gen/raftctl/v1/kv.js';
import { type ReadConsistency, readAt, wireConsistency } from './consistency.js';
import { proposeOnce } from './propose-once.js';
import type { Sessions } from './sessions.js';
import type { ClientContext } from './survey.js';

/** Which part of the keys to list. */
export interface KvListOptions {
  readonly prefix?: string;
  /** 0: the node's limit. */
  readonly limit?: number;
  /** Keys after this one. */
  readonly after?: string;
  readonly consistency?: ReadConsistency;
}

/** The replicated hash table: string keys, values that are JSON text. */
export class KvClient {
  constructor(
    private readonly context: ClientContext,
    private readonly sessions: Sessions,
  ) {}

  /** `pair` is absent where there is no such key. */
  get(key: string, consistency: ReadConsistency = 'quorum'): Promise<GetResponse> {
    const request = { key, consistency: wireConsistency[consistency] };
    return readAt(this.context, consistency, (node, deadlineMs) => node.unary(Kv.get, request, deadlineMs));
  }

  /**
   * Puts a value under a key, whatever was there.
   * @param value JSON text
   */
  put(key: string, value: string): Promise<PutResponse> {
    return proposeOnce(this.context, this.sessions, Kv.put, (session) => ({ key, value, session }));
  }

  /** Takes a key away, if it is there. */
  delete(key: string): Promise<DeleteResponse> {
    return proposeOnce(this.context, this.sessions, Kv.delete, (session) => ({ key, session }));
  }

  /** Writes where the key is as expected. Another state is an answer (`swapped` is false), not an error. */
  compareAndSet(key: string, expect: KvExpectation, value: string): Promise<CompareAndSetResponse> {
    return proposeOnce(this.context, this.sessions, Kv.compareAndSet, (session) => ({ key, expect, value, session }));
  }

  /** One page in the order of the keys. */
  list({ prefix = '', limit = 0, after = '', consistency = 'quorum' }: KvListOptions = {}): Promise<ListResponse> {
    const request = { prefix, limit, after, consistency: wireConsistency[consistency] };
    return readAt(this.context, consistency, (node, deadlineMs) => node.unary(Kv.list, request, deadlineMs));
  }
}
