import type { StateRange, StateRecord } from '../node/ports.js';
import { keyBytes, keyText } from './byte-order.js';
import type { Overlay, OverlayEntry } from './overlay.js';

/**
 * The records of a range as apply sees them: those of the keyspace below, with what the overlay holds over them, in key order. The
 * overlay may be written to while this is read: the writes show, if they lie ahead.
 * @param below the range's records on disk, in its direction
 */
export function* mergedRange(
  overlay: Overlay,
  below: Iterable<StateRecord>,
  range: StateRange,
): Generator<StateRecord> {
  const next = range.reverse === true ? descending(overlay, range) : ascending(overlay, range);
  const ahead = range.reverse === true ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  let passed: string | undefined;
  for (const record of below) {
    const text = keyText(record.key);
    let over = next(passed);
    while (over !== undefined && ahead(over[0], text) && left > 0) {
      passed = over[0];
      if (over[1].value !== undefined) {
        left--;
        yield { key: keyBytes(passed), value: over[1].value };
      }
      over = next(passed);
    }
    if (left <= 0) return;
    passed = text;
    const value = over?.[0] === text ? over[1].value : record.value;
    if (value === undefined) continue;
    left--;
    yield { key: record.key, value };
  }
  for (let over = next(passed); over !== undefined && left > 0; over = next(passed)) {
    passed = over[0];
    if (over[1].value === undefined) continue;
    left--;
    yield { key: keyBytes(passed), value: over[1].value };
  }
}

/** Finds the key that follows one that was passed, within the range. */
type Next = (passed: string | undefined) => [string, OverlayEntry] | undefined;

function ascending(overlay: Overlay, range: StateRange): Next {
  const start = keyText(range.start);
  const end = range.end === undefined ? undefined : keyText(range.end);
  return (passed) => {
    const over = overlay.atOrAfter(passed === undefined ? start : `${passed}\0`);
    return over !== undefined && (end === undefined || over[0] < end) ? over : undefined;
  };
}

function descending(overlay: Overlay, range: StateRange): Next {
  const start = keyText(range.start);
  const end = range.end === undefined ? undefined : keyText(range.end);
  return (passed) => {
    const over = overlay.before(passed ?? end);
    return over !== undefined && over[0] >= start ? over : undefined;
  };
}
