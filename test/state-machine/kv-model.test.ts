import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KvExpectation } from '../../src/gen/raftctl/v1/kv.js';
import { Kv } from './kv-client.js';

interface Held {
  readonly value: number;
  readonly version: number;
}

/** The hash table as a map: what it must do, in as few words as there are. */
class Model {
  readonly held = new Map<string, Held>();

  put(key: string, value: number): Held {
    const next = { value, version: (this.held.get(key)?.version ?? 0) + 1 };
    this.held.set(key, next);
    return next;
  }

  matches(key: string, condition: NonNullable<KvExpectation['condition']>): boolean {
    const held = this.held.get(key);
    if (condition.$case === 'absent') return condition.value === !held;
    if (condition.$case === 'version') return condition.value === (held?.version ?? 0);
    return held !== undefined && String(held.value) === condition.value;
  }

  keys(prefix: string, after: string): string[] {
    const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
    return [...this.held.keys()]
      .filter((key) => key.startsWith(prefix) && (after === '' || byBytes(key, after) > 0))
      .sort(byBytes);
  }
}

const key = fc.constantFrom('a', 'a/', 'a/b', 'a/😀', 'a/\uffee', 'b', 'é', '\0');
const value = fc.integer({ min: 0, max: 3 });
const condition: fc.Arbitrary<NonNullable<KvExpectation['condition']>> = fc.oneof(
  fc.record({ $case: fc.constant('absent' as const), value: fc.boolean() }),
  fc.record({ $case: fc.constant('version' as const), value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ $case: fc.constant('value' as const), value: value.map(String) }),
);
const operation = fc.oneof(
  fc.record({ op: fc.constant('put' as const), key, value }),
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constant('cas' as const), key, condition, value }),
  fc.record({
    op: fc.constant('list' as const),
    prefix: fc.constantFrom('', 'a', 'a/', 'é', 'zz'),
    after: fc.oneof(fc.constant(''), key),
    limit: fc.integer({ min: 1, max: 9 }),
  }),
);

it('does what a map with versions does', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const kv = new Kv();
      const model = new Model();
      for (const step of operations) {
        if (step.op === 'list') {
          const keys = model.keys(step.prefix, step.after);
          const page = kv.list(step.prefix, step);
          expect(page.pairs.map((pair) => pair.key)).toEqual(keys.slice(0, step.limit));
          expect(page.more).toBe(keys.length > step.limit);
          continue;
        }
        const before = model.held.get(step.key);
        const prev = before && { key: step.key, value: String(before.value), version: before.version };
        const applied =
          step.op === 'put' || (step.op === 'delete' ? !!before : model.matches(step.key, step.condition));
        if (applied && step.op === 'delete') model.held.delete(step.key);
        if (applied && step.op !== 'delete') model.put(step.key, step.value);
        const result =
          step.op === 'put'
            ? kv.put(step.key, String(step.value))
            : step.op === 'delete'
              ? kv.delete(step.key)
              : kv.compareAndSet(step.key, step.condition, String(step.value));
        expect(result).toMatchObject({ applied, version: model.held.get(step.key)?.version ?? 0 });
        if (prev === undefined) expect(result.prev).toBeUndefined();
        else expect(result.prev).toMatchObject(prev);
        expect(kv.get(step.key)?.value).toBe(model.held.get(step.key)?.value.toString());
      }
    }),
  );
});

it('is the same on every replica, whatever bytes are in the log', () => {
  const entry = fc.record({
    kind: fc.constantFrom('machine' as const, 'raw' as const),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.tuple(key, value).map(([k, v]) => new Kv().putCommand(k, `${v}`)),
    ),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
      const replicas = [new Kv(), new Kv()].map((kv) => {
        const results = entries.map((fields, position) =>
          kv.machine.apply(kv.keyspace, { ...fields, index: position + 1, term: 1 }),
        );
        return { results, dump: kv.keyspace.dump() };
      });
      expect(replicas[0]).toEqual(replicas[1]);
      for (const { kind, payload } of entries) expect(new Kv().machine.describe(kind, payload)).not.toBe('');
    }),
  );
});
