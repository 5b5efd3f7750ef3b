import { INVALID_ID } from './config.js';

/** Whether it can stand for an index, a term or a number of bytes: a whole number that is not negative, and exact. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Whether a node can have this id. */
export function isNodeId(value: number): boolean {
  return isCount(value) && value !== INVALID_ID;
}
