import type { Chance } from './chance.js';

type Mutation = (bytes: Buffer, chance: Chance) => Buffer;

const place = (bytes: Buffer, chance: Chance) => chance.int(0, bytes.length + 1);

/** What can happen to bytes on their way, and what somebody who means it would do to them. */
const mutations: readonly [Mutation, ...Mutation[]] = [
  // One bit is another.
  (bytes, chance) => {
    const mutated = Buffer.from(bytes);
    const at = chance.int(0, Math.max(1, bytes.length));
    if (at < mutated.length) mutated[at] = (mutated[at] ?? 0) ^ (1 << chance.int(0, 8));
    return mutated;
  },
  // One byte is another.
  (bytes, chance) => {
    const mutated = Buffer.from(bytes);
    const at = chance.int(0, Math.max(1, bytes.length));
    if (at < mutated.length) mutated[at] = chance.pick([0x00, 0x01, 0x7f, 0x80, 0xff, chance.int(0, 256)]);
    return mutated;
  },
  // It ends too soon.
  (bytes, chance) => bytes.subarray(0, place(bytes, chance)),
  // It begins too late.
  (bytes, chance) => bytes.subarray(place(bytes, chance)),
  // There is more in it.
  (bytes, chance) => {
    const at = place(bytes, chance);
    return Buffer.concat([bytes.subarray(0, at), chance.bytes(chance.int(1, 12)), bytes.subarray(at)]);
  },
  // A piece is missing.
  (bytes, chance) => {
    const [left, right] = [place(bytes, chance), place(bytes, chance)].sort((one, other) => one - other);
    return Buffer.concat([bytes.subarray(0, left), bytes.subarray(right)]);
  },
  // A piece is there twice.
  (bytes, chance) => {
    const [left, right] = [place(bytes, chance), place(bytes, chance)].sort((one, other) => one - other);
    return Buffer.concat([bytes.subarray(0, right), bytes.subarray(left)]);
  },
];

/** The same bytes, spoilt in one to four places. */
export function mutate(bytes: Buffer, chance: Chance): Buffer {
  let mutated = bytes;
  for (let left = chance.int(1, 5); left > 0; left--) mutated = chance.pick(mutations)(mutated, chance);
  return mutated;
}
