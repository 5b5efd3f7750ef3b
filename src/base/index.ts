/**
 * What every room stands on: the words for errors, and a few things without which each room would write its own.
 *
 *     error-codes ─► errors        operating errors: a stable code, a sentence, facts, what was changed, a hint
 *     assert                       programmer errors: the node stops
 *     random, logger, deferred     types that come in through doors, and their smallest implementations
 *     address, kv-limits           rules that client and server must judge alike
 *
 * What must never happen here: input or output of any kind, and nothing that only one room needs. This room imports none.
 *
 * Rooms import the files themselves, so that a program loads only what it uses. Read next: `error-codes.ts`, then
 * docs/errors.md, which a test holds against it.
 */
export { type Address, formatAddress, isLoopback, isUnspecified, parseAddress } from './address.js';
export { AssertionError, assert, unreachable } from './assert.js';
export { type Deferred, deferred } from './deferred.js';
export { type ErrorCode, ExitCode, errorCodes } from './error-codes.js';
export { type Changed, type ErrorDetails, type LeaderHint, messageOf, RaftctlError } from './errors.js';
export {
  checkJson,
  checkKey,
  checkKeyPart,
  KV_KEY_BYTES_MAX,
  KV_LIST_BYTES_MAX,
  KV_LIST_LIMIT_MAX,
} from './kv-limits.js';
export { type LogFields, type Logger, silentLogger } from './logger.js';
export { type Random, randomInt, seededRandom } from './random.js';
