import { expect, test } from 'vitest';
import { LogBounds } from '../../src/gen/raftctl/v1/storage.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { EntryLog } from '../../src/storage/entry-log.js';
import { encodeLogRecord } from '../../src/storage/log-record.js';
import { LogTail } from '../../src/storage/log-tail.js';
import { entry, run, shown } from './store-fixture.js';

/** A log on a disk that is a map, which counts what is read from it. */
class LogOnMap {
  readonly disk = new Map<number, Uint8Array>();
  reads = 0;
  #writes = 0;
  log: EntryLog;

  constructor(private readonly tailBytes = Number.POSITIVE_INFINITY) {
    this.log = this.#open(LogBounds.create());
  }

  append(from: number, to: number, term: number): void {
    const { records } = this.log.append(run(from, to, term), ++this.#writes);
    for (const [index, { bytes }] of records) this.disk.set(index, bytes);
  }

  flush(): void {
    this.log.onFlushed(this.#writes);
  }

  restart(): void {
    this.log = this.#open(this.log.bounds);
  }

  flip(index: number, at: number): void {
    const record = Buffer.from(this.disk.get(index) ?? []);
    record[at] = (record[at] ?? 0) ^ 1;
    this.disk.set(index, record);
  }

  #open(bounds: LogBounds): EntryLog {
    const read = (index: number) => {
      this.reads++;
      return this.disk.get(index);
    };
    return new EntryLog(bounds, 0, read, new LogTail(this.tailBytes));
  }
}

test('what is not flushed is never asked of the disk, however little memory there is', () => {
  const subject = new LogOnMap(0);
  subject.append(1, 100, 1);
  expect(shown(subject.log.entries(1, 101, NO_LIMIT))).toEqual(shown(run(1, 100, 1)));
  expect(subject.reads).toBe(0);
  subject.flush();
  expect(shown(subject.log.entries(1, 101, NO_LIMIT))).toEqual(shown(run(1, 100, 1)));
  expect(subject.reads).toBeGreaterThan(0);
});

test('an entry written again is in memory until that write is flushed', () => {
  const subject = new LogOnMap(0);
  subject.append(1, 10, 1);
  subject.append(5, 6, 2);
  subject.log.onFlushed(1);
  expect(shown(subject.log.entries(1, 7, NO_LIMIT))).toEqual(shown([...run(1, 4, 1), ...run(5, 6, 2)]));
  expect(shown(subject.log.entries(5, 7, NO_LIMIT))).toEqual(shown(run(5, 6, 2)));
});

test('leftovers behind a shorter log count as not there, and do not count after a restart', () => {
  const subject = new LogOnMap();
  subject.append(1, 10, 1);
  subject.append(4, 5, 2);
  expect(subject.disk.size).toBe(10);
  subject.restart();
  expect(subject.log.verifyTail()).toBe(5);
  expect(subject.log.lastIndex).toBe(5);
  expect([6, 10].map((index) => subject.log.holds(index))).toEqual([false, false]);
});

test('a flipped bit anywhere in any record is noticed, and the entry named', () => {
  const { length } = encodeLogRecord(0, entry(5, 1)).bytes;
  for (let at = 0; at < length; at++) {
    const subject = new LogOnMap();
    subject.append(1, 10, 1);
    subject.restart();
    subject.flip(5, at);
    expect(() => subject.log.entries(1, 11, NO_LIMIT)).toThrow(/entry 5 of the log is damaged/);
    // Read alone, an entry behind a damaged checksum cannot be told from a damaged one.
    expect(() => subject.log.entries(5, 6, NO_LIMIT)).toThrow(/entry 5 of the log is damaged/);
    expect(() => subject.log.verifyTail()).toThrow(/entry [56] of the log is damaged/);
  }
});

test('an entry of another time in its right place breaks the chain', () => {
  const subject = new LogOnMap();
  subject.append(1, 10, 1);
  const old = subject.disk.get(7) ?? new Uint8Array();
  subject.append(5, 10, 2);
  subject.disk.set(7, old);
  subject.restart();
  expect(() => subject.log.entries(5, 11, NO_LIMIT)).toThrow(/entry 7 of the log is damaged: its checksum/);
  expect(() => subject.log.verifyTail()).toThrow(/entry [78] of the log is damaged/);
});

test('an older end of the log under newer bounds is noticed', () => {
  const subject = new LogOnMap();
  subject.append(1, 10, 1);
  const old = new Map(subject.disk);
  subject.append(10, 10, 2);
  for (const [index, bytes] of old) subject.disk.set(index, bytes);
  subject.restart();
  expect(() => subject.log.verifyTail()).toThrow(/entry 10 of the log is damaged: it is not the one that belongs here/);
});

test('a missing entry is named', () => {
  const subject = new LogOnMap();
  subject.append(1, 10, 1);
  subject.disk.delete(6);
  subject.restart();
  expect(() => subject.log.verifyTail()).toThrow('entry 6 of the log is damaged: it is missing');
});

test('appending with a gap is a defect', () => {
  const subject = new LogOnMap();
  subject.append(1, 3, 1);
  expect(() => subject.append(5, 6, 1)).toThrow('entry 5 is appended behind a log that ends at 3');
  expect(() => subject.log.append([entry(4, 1), entry(6, 1)], 9)).toThrow('entry 6 follows entry 4');
});

test('bytes follow what is appended, cut off and compacted', () => {
  const subject = new LogOnMap();
  subject.append(1, 100, 1);
  const full = subject.log.bytes;
  subject.append(51, 51, 2);
  expect(subject.log.bytes / full).toBeCloseTo(0.51, 2);
  subject.log.compact(26);
  expect(subject.log.bytes / full).toBeCloseTo(0.25, 2);
  subject.log.restart(200, 3);
  expect(subject.log.bytes).toBe(0);
});
