import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Gauge } from './harness.js';
import { type Member, memberOf } from './memory-cluster.js';

/** Memory of a node that has nothing to do: what a process with many groups pays for each. Storage in memory included. */
export function idleMemory(groups: number): Gauge {
  return {
    name: 'memory: an idle follower of 3 voters, with its storage',
    unit: 'bytes',
    measure() {
      const members: Member[] = [];
      const before = liveBytes();
      for (let i = 0; i < groups; i++) members.push(memberOf(1, { voters: [1, 2, 3] }));
      const after = liveBytes();
      if (members.length !== groups) throw new Error('members were lost');
      return (after - before) / groups;
    },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Bytes in use once all garbage is collected. */
function liveBytes(): number {
  if (typeof collectGarbage !== 'function') throw new Error('garbage cannot be collected');
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
