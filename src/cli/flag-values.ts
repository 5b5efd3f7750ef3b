import { RaftctlError } from '../base/errors.js';
import { normalizeAddress } from '../client/address.js';

/** A node's id with the address where it is dialled. */
export interface MemberAddress {
  readonly id: number;
  readonly address: string;
}

const idPattern = /^[1-9][0-9]*$/;

/**
 * Reads one node id: decimal digits, 1 to 2^53-1, nothing else.
 * @throws RaftctlError E_USAGE
 */
export function parseId(text: string): number {
  if (!idPattern.test(text)) throw usage(`"${text}" is not a node id`, 'an id is a decimal number from 1 to 2^53-1');
  const id = Number(text);
  if (!Number.isSafeInteger(id)) throw usage(`${text} is too large for a node id`, 'the largest id is 2^53-1');
  return id;
}

/** The least and the most that a number may be. */
export interface NumberRange {
  readonly min: number;
  readonly max?: number | undefined;
}

/**
 * Reads a whole number: decimal digits, nothing else. One that the runtime would round is refused, and not rounded.
 * @throws RaftctlError E_USAGE
 */
export function parseWholeNumber(text: string, { min, max = Number.MAX_SAFE_INTEGER }: NumberRange): number {
  if (!/^(?:-(?!0+$))?[0-9]+$/.test(text))
    throw usage(`"${text}" is not a whole number`, 'write it in decimal digits, as 1000');
  const number = Number(text);
  if (number < min) throw usage(`${text} is too small`, `the least is ${min}`);
  if (number > max)
    throw usage(`${text} is too large`, `the most is ${max === Number.MAX_SAFE_INTEGER ? '2^53-1' : max}`);
  return number;
}

/**
 * Reads a whole set of node ids, `1,3` or `none`, in ascending order.
 * @throws RaftctlError E_USAGE on an empty place, an id named twice, or anything that is no id
 */
export function parseIdSet(text: string): readonly number[] {
  if (text === 'none') return [];
  const places = text.split(',');
  if (places.includes('')) throw usage(`"${text}" has an empty place`, 'write a set as 1,3 or none');
  const ids = places.map(parseId).sort((a, b) => a - b);
  const twice = ids.find((id, place) => place > 0 && ids[place - 1] === id);
  if (twice !== undefined) throw usage(`"${text}" names ${twice} twice`, 'write each id once');
  return ids;
}

/**
 * Reads groups of node ids, `1,2/3`.
 * @throws RaftctlError E_USAGE for a group without ids, or an id in two groups
 */
export function parsePartition(text: string): readonly (readonly number[])[] {
  const groups = text.split('/').map((part) => (part === 'none' ? [] : parseIdSet(part)));
  if (groups.some(({ length }) => length === 0)) throw usage(`"${text}" has an empty group`, 'write groups as 1,2/3');
  const ids = groups.flat();
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw usage(`"${text}" has ${twice} on two sides`, 'write each id once');
  return groups;
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration such as `500ms`, `2s`, `1.5m` or `1h`, as milliseconds. A bare number is refused, because tools differ in its unit; 0 needs none.
 * @throws RaftctlError E_USAGE
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const [, amount, unit = ''] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = durationUnits[unit];
  if (amount === undefined || factor === undefined) {
    throw usage(`"${text}" is not a duration`, 'write it with its unit, as 500ms, 2s, 5m or 1h');
  }
  const ms = Math.round(Number(amount) * factor);
  if (ms > durationMsMax) throw usage(`"${text}" is too long`, 'the longest duration is 24 days');
  return ms;
}

/** The longest time that a timer of the runtime can wait. */
const durationMsMax = 2 ** 31 - 1;

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/**
 * Reads a size such as `64KiB` or `1GB`, as bytes. A bare number is refused.
 * @throws RaftctlError E_USAGE
 */
export function parseSize(text: string): number {
  const [, amount, unit = ''] = /^([0-9]+(?:\.[0-9]+)?)([KMGT]i?B|B)$/.exec(text) ?? [];
  const factor = sizeUnits[unit];
  if (amount === undefined || factor === undefined) {
    throw usage(`"${text}" is not a size`, 'write it with its unit, as 64KiB or 1GB');
  }
  const bytes = Math.round(Number(amount) * factor);
  if (!Number.isSafeInteger(bytes)) throw usage(`"${text}" is too large for a size`);
  return bytes;
}

/**
 * Reads addresses parted by commas, in the form that is dialled.
 * @throws RaftctlError E_USAGE
 */
export function parseAddressList(text: string): readonly string[] {
  return [...new Set(text.split(',').map((part) => normalizeAddress(part)))];
}

/**
 * Reads `ID=HOST:PORT`.
 * @throws RaftctlError E_USAGE
 */
export function parseMemberAddress(text: string): MemberAddress {
  const equals = text.indexOf('=');
  if (equals === -1) throw usage(`"${text}" is not ID=HOST:PORT`);
  return { id: parseId(text.slice(0, equals)), address: normalizeAddress(text.slice(equals + 1)) };
}

/** Where a node is, and its id where that is known. */
export interface JoinerAddress {
  readonly id: number | undefined;
  readonly address: string;
}

/**
 * Reads `HOST:PORT` or `ID=HOST:PORT`.
 * @throws RaftctlError E_USAGE
 */
export function parseJoinerAddress(text: string): JoinerAddress {
  if (/^[0-9]+=/.test(text)) return parseMemberAddress(text);
  return { id: undefined, address: normalizeAddress(text) };
}

/** When a node that is ready to vote becomes a voter. */
export interface WhenToPromote {
  readonly when: 'ready' | 'manual' | 'voter-down';
  /** How long a voter must be down, in milliseconds; 0 where that is not what it waits for. */
  readonly voterDownMs: number;
}

/**
 * Reads `ready`, `manual` or `voter-down>30s`.
 * @throws RaftctlError E_USAGE
 */
export function parsePromotion(text: string): WhenToPromote {
  if (text === 'ready' || text === 'manual') return { when: text, voterDownMs: 0 };
  if (!text.startsWith('voter-down')) {
    throw usage(`"${text}" says not when to promote`, "write ready, manual or 'voter-down>30s'");
  }
  const [, duration] = /^voter-down[>=](.+)$/.exec(text) ?? [];
  if (duration === undefined) {
    throw usage(
      `"${text}" says not for how long a voter must be down`,
      "write it in quotes, since a shell takes > for itself: 'voter-down>30s'",
    );
  }
  const voterDownMs = parseDuration(duration);
  if (voterDownMs === 0) throw usage(`"${text}": a voter must be down for longer than no time`, "as 'voter-down>30s'");
  return { when: 'voter-down', voterDownMs };
}

const requestIdBytesMax = 64;

/**
 * Reads the id of a request: any text of 1 to 64 bytes, a UUID being the usual one.
 * @throws RaftctlError E_USAGE
 */
export function parseRequestId(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes === 0) throw usage('the request id is empty', 'it is any text of 1 to 64 bytes, such as a UUID');
  if (bytes > requestIdBytesMax) throw usage(`the request id has ${bytes} bytes`, 'the longest has 64 bytes');
  return text;
}

function usage(message: string, hint?: string): RaftctlError {
  return new RaftctlError('E_USAGE', message, hint === undefined ? {} : { hint });
}
