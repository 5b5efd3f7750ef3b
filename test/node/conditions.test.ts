import { describe, expect, it } from 'vitest';
import { Conditions } from '../../src/node/conditions.js';

const noAbort = { onAbort: () => new Error('aborted') };

describe('waiting for what becomes true in the course of turns', () => {
  it('resolves at once with what is true already', async () => {
    await expect(new Conditions().until(() => 'yes', noAbort)).resolves.toBe('yes');
  });

  it('resolves at the turn in which it becomes true, and asks no more', async () => {
    const conditions = new Conditions();
    let asked = 0;
    let value: number | undefined;
    const waiting = conditions.until(() => {
      asked++;
      return value;
    }, noAbort);
    conditions.check();
    value = 7;
    conditions.check();
    conditions.check();
    await expect(waiting).resolves.toBe(7);
    expect(asked).toBe(3);
  });

  it('rejects with what the probe throws', async () => {
    const conditions = new Conditions();
    let broken = false;
    const waiting = conditions.until(() => {
      if (broken) throw new Error('the leadership was lost');
      return undefined;
    }, noAbort);
    broken = true;
    conditions.check();
    await expect(waiting).rejects.toThrow('the leadership was lost');
  });

  it('ends when the caller gives up, before or during the wait', async () => {
    const conditions = new Conditions();
    const controller = new AbortController();
    const during = conditions.until(() => undefined, { signal: controller.signal, ...noAbort });
    controller.abort();
    await expect(during).rejects.toThrow('aborted');
    await expect(conditions.until(() => 1, { signal: controller.signal, ...noAbort })).rejects.toThrow('aborted');
  });

  it('ends all waits when the node stops', async () => {
    const conditions = new Conditions();
    const waits = [conditions.until(() => undefined, noAbort), conditions.until(() => undefined, noAbort)];
    conditions.failAll(new Error('stopped'));
    for (const wait of waits) await expect(wait).rejects.toThrow('stopped');
  });
});
