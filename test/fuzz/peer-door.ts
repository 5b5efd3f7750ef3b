import { TransportServiceService } from '../../src/gen/raftctl/v1/transport.js';
import type { Chance } from './chance.js';
import { fuzzNode } from './control-door.js';
import type { Door } from './fuzzing.js';
import { judge } from './judgement.js';
import { mutate } from './mutations.js';
import { peerFrames, snapshotParts } from './peer-frames.js';

const { connect, sendSnapshot } = TransportServiceService;

/** What nodes say to each other: true streams of frames, and of the parts of a snapshot, with one or some of them spoilt. */
export const fuzzPeer: Door = (seed, budget) =>
  fuzzNode(seed, budget, async (client, chance, { clusterId, snapshot }) => {
    const isSnapshot = chance.oneIn(4);
    const parts = isSnapshot ? snapshotParts(clusterId, snapshot, chance) : peerFrames(clusterId, chance);
    const { path } = isSnapshot ? sendSnapshot : connect;
    const timeoutMs = chance.pick([30, 100, 300]);
    return judge(
      path,
      await client.call({ path, messages: spoil(parts, chance), timeoutMs, neverEnds: chance.oneIn(4) }),
    );
  });

/** Some parts mutated, one left out, one said twice, or two in the other order. */
function spoil(parts: readonly Buffer[], chance: Chance): Buffer[] {
  const spoilt = parts.map((part) => (chance.oneIn(3) ? mutate(part, chance) : part));
  const at = chance.int(0, spoilt.length);
  const [one] = spoilt.slice(at, at + 1);
  switch (chance.int(0, 12)) {
    case 0:
      spoilt.splice(at, 1);
      break;
    case 1:
      if (one !== undefined) spoilt.push(one);
      break;
    case 2:
      spoilt.reverse();
      break;
    default:
  }
  return spoilt;
}
