import { afterEach, describe, expect, it } from 'vitest';
import { admit } from '../../src/transport/admission.js';
import { makeHello } from '../../src/transport/hello.js';
import { cluster, message, Nodes } from './network.js';

const nodes = new Nodes();
afterEach(() => nodes.stop());

describe('nodes of two incarnations of a cluster', () => {
  it('refuse each other, and the older one is told, whoever dials', async () => {
    for (const [older, newer] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const lost = nodes.make(older);
      const survivor = nodes.make(newer, { identity: { incarnation: 2 } });
      await cluster(lost, survivor);
      await lost.until(() => lost.superseded.length > 0);
      expect(lost.superseded[0]).toEqual({ by: newer, incarnation: 2 });
      await lost.until(() => lost.link(newer).error.startsWith('refused'));
      expect(lost.link(newer).error).toContain(
        `node ${older} is of incarnation 1 of the cluster, which is at 2 now: it was recovered without that node`,
      );
      lost.transport.send([message(older, newer)]);
      await survivor.until(() => survivor.link(older).error.startsWith('refused'));
      expect([survivor.superseded, survivor.received, lost.received]).toEqual([[], [], []]);
      await nodes.stop();
    }
  });

  it('a stranger’s word of a later incarnation does not count, nor that of another cluster', async () => {
    const told: number[] = [];
    const lost = nodes.make(1, { identity: { isKnown: (id) => id === 2 } });
    const events = { onSuperseded: (by: number) => void told.push(by) };
    const speak = async (from: number, clusterId: string) => {
      const { identity } = nodes.make(from, { identity: { incarnation: 7, clusterId } });
      const never = () => Promise.reject(new Error('not asked for'));
      const silent = {
        onMessages() {},
        onUnreachable() {},
        onSnapshotReceived() {},
        onSnapshotOffered: never,
        onAdopt: never,
      };
      return admit(makeHello(identity, 1), lost.identity, { ...silent, ...events });
    };
    expect(await speak(3, 'c1')).toMatchObject({ kind: 'refused' });
    expect(await speak(2, 'c9')).toMatchObject({ kind: 'refused' });
    expect(told).toEqual([]);
    expect(await speak(2, 'c1')).toMatchObject({ kind: 'refused', incarnations: { speaker: 7, hearer: 1 } });
    expect(told).toEqual([2]);
  });

  it('a fresh node joins in the incarnation that the cluster is in', async () => {
    const adopted: unknown[] = [];
    const fresh = nodes.make(1, { identity: { clusterId: '', isVoter: () => false, configIndex: 0 } });
    const { identity } = nodes.make(2, { identity: { incarnation: 2, isVoter: () => false } });
    const never = () => Promise.reject(new Error('not asked for'));
    await admit(makeHello(identity, 1), fresh.identity, {
      ...{ onMessages() {}, onUnreachable() {}, onSnapshotReceived() {}, onSnapshotOffered: never },
      onAdopt: async (...joined) => void adopted.push(joined),
    });
    expect(adopted).toEqual([['c1', 'kv', 2]]);
  });
});
