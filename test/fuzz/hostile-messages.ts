import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Chance } from './chance.js';
import { mutate } from './mutations.js';

/** How deep messages are nested in messages; nests of their own go further. */
const depthMax = 5;
const nestedGroups = 10_000;

const numbers = [
  ...[0n, 1n, 2n, 3n, 7n, 128n, 1000n],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n],
  ...[2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
] as const satisfies readonly bigint[];

const texts: readonly [string, ...string[]] = [
  '',
  'a',
  'n1',
  'x'.repeat(1024),
  'x'.repeat(1025),
  'x'.repeat(100_000),
  '\0',
  '\u202e\u001b[2J\r\n',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '/',
  '{"a":1}',
  '1e999999999',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  '-1',
  '127.0.0.1:1',
  '0.0.0.0:0',
  '[::]:70000',
  'user:pass@host:1',
  'unix:/tmp/x',
  'ff'.repeat(16),
  '\u{1f600}',
];

/** Bytes that are no UTF-8: a lone continuation, half of a surrogate pair, an overlong form. */
const brokenTexts: readonly [Buffer, ...Buffer[]] = [
  Buffer.from('80', 'hex'),
  Buffer.from('eda080', 'hex'),
  Buffer.from('c0af', 'hex'),
];

/** A message of this type, encoded, that nobody who means well would send; and sometimes bytes that are none. */
export function hostileBytes(type: DescMessage, chance: Chance): Buffer {
  if (chance.oneIn(10)) return chance.bytes(chance.int(0, 80));
  if (chance.oneIn(200)) return nest(chance);
  const message = Buffer.from(hostileMessage(type, chance, 0));
  return chance.oneIn(3) ? mutate(message, chance) : message;
}

/** Groups in groups that nobody knows, or the same never ended. */
function nest(chance: Chance): Buffer {
  const begin = Buffer.alloc(nestedGroups, (15 << 3) | 3);
  return chance.oneIn(2) ? begin : Buffer.concat([begin, Buffer.alloc(nestedGroups, (15 << 3) | 4)]);
}

function hostileMessage(type: DescMessage, chance: Chance, depth: number): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of type.fields) {
    // Of a choice the last one counts; who sends two means harm.
    if (chance.oneIn(field.oneof === undefined ? 4 : 2)) continue;
    if (chance.oneIn(40)) wrongWireType(writer, field, chance);
    else writeField(writer, field, chance, depth);
  }
  if (chance.oneIn(20)) writer.uint32((4000 << 3) | 2).bytes(chance.bytes(20));
  return writer.finish();
}

function writeField(writer: BinaryWriter, field: DescField, chance: Chance, depth: number): void {
  const isMany = field.fieldKind === 'list' || field.fieldKind === 'map';
  if (isMany && chance.oneIn(60)) {
    const one = new BinaryWriter();
    writeValue(one, field, chance, depthMax);
    const encoded = one.finish();
    // So many that they are a message of some size; what is larger than a message may be, gRPC refuses without reading it.
    for (let left = Math.min(100_000, 2 ** 20 / encoded.length); left > 0; left--) writer.raw(encoded);
    return;
  }
  const times = isMany ? chance.int(0, 4) : chance.oneIn(30) ? 2 : 1;
  for (let left = times; left > 0; left--) writeValue(writer, field, chance, depth);
}

function wrongWireType(writer: BinaryWriter, { number }: DescField, chance: Chance): void {
  const wireType = chance.pick([0, 1, 2, 3, 4, 5, 6, 7]);
  writer.uint32(((number << 3) | wireType) >>> 0).raw(chance.bytes(chance.int(0, 12)));
}

function writeValue(writer: BinaryWriter, field: DescField, chance: Chance, depth: number): void {
  const { message, scalar } = field;
  if (message !== undefined) {
    const inner = depth < depthMax ? hostileMessage(message, chance, depth + 1) : new Uint8Array();
    writer.uint32((field.number << 3) | 2).bytes(inner);
  } else if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) {
    writer.uint32((field.number << 3) | 2).bytes(hostileText(chance));
  } else if (scalar === ScalarType.DOUBLE || scalar === ScalarType.FIXED64 || scalar === ScalarType.SFIXED64) {
    writer.uint32((field.number << 3) | 1).raw(chance.bytes(8));
  } else if (scalar === ScalarType.FLOAT || scalar === ScalarType.FIXED32 || scalar === ScalarType.SFIXED32) {
    writer.uint32((field.number << 3) | 5).raw(chance.bytes(4));
  } else {
    writer.uint32(field.number << 3);
    writeNumber(writer, chance);
  }
}

function writeNumber(writer: BinaryWriter, chance: Chance): void {
  // More than the ten bytes that a number can have.
  if (chance.oneIn(60)) writer.raw(Buffer.concat([Buffer.alloc(chance.int(10, 100), 0xff), Buffer.from([1])]));
  else if (chance.oneIn(2)) writer.uint64(chance.int(0, 5));
  else writer.uint64(chance.pick(numbers));
}

function hostileText(chance: Chance): Uint8Array {
  if (chance.oneIn(8)) return chance.pick(brokenTexts);
  if (chance.oneIn(8)) return chance.bytes(chance.int(0, 64));
  return Buffer.from(chance.pick(texts));
}
