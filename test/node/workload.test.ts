import { describe, expect, it } from 'vitest';
import { Workload } from '../../src/node/workload.js';

describe('how hard a node has it', () => {
  it('is unknown before anything was measured', () => {
    expect(new Workload(() => 0).report()).toEqual({});
  });

  it('is told by what all but one of a hundred take at most', () => {
    const load = new Workload(() => 0);
    for (let ms = 100; ms >= 1; ms--) load.flushed(ms);
    load.applied(0.3);
    expect(load.report()).toEqual({ flushP99Ms: 99, applyP99Ms: 0.3 });
  });

  it('is that of the last minute, and of so many samples', () => {
    let now = 0;
    const load = new Workload(() => now);
    load.flushed(5000);
    now = 60_000;
    load.flushed(2);
    expect(load.report().flushP99Ms).toBe(5000);
    now = 60_001;
    expect(load.report().flushP99Ms).toBe(2);
    for (let count = 0; count < 512; count++) load.flushed(1);
    expect(load.report().flushP99Ms).toBe(1);
    now = 200_000;
    expect(load.report().flushP99Ms).toBeUndefined();
  });

  it('is a share of a processor, over a second at least, however often it is asked for', () => {
    let now = 1000;
    let used = 70;
    const load = new Workload(
      () => now,
      () => used,
    );
    now = 1900;
    used = 500;
    expect(load.report().cpuShare).toBeUndefined();
    now = 2000;
    used = 570;
    expect(load.report().cpuShare).toBe(0.5);
    now = 2500;
    used = 1000;
    expect(load.report().cpuShare).toBe(0.5);
    now = 3000;
    used = 2570;
    expect(load.report().cpuShare).toBe(2);
  });
});
