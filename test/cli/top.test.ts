import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { toEventData } from '../../src/cli/events-data.js';
import { plainStyle } from '../../src/cli/style.js';
import { FullScreen } from '../../src/cli/top/full-screen.js';
import { topScreen } from '../../src/cli/top/top-screen.js';
import {
  commitRate,
  emptyState,
  press,
  sample,
  seeCluster,
  seeEvent,
  type TopState,
} from '../../src/cli/top/top-state.js';
import { EventType, HistoryEvent } from '../../src/gen/raftctl/v1/history.js';
import { oneDown, steady } from './views.js';

const now = new Date(2026, 8, 15, 10, 22, 31);
const size = { width: 100, height: 14, unicode: true, style: plainStyle };

function pressed(state: TopState, keys: string): TopState {
  return [...keys].reduce((before, key) => press(before, key) ?? before, state);
}

function event(seq: number, text: string, fields: Partial<HistoryEvent> = {}) {
  const atMs = Date.UTC(2026, 8, 15, 10, 20, seq);
  return toEventData(HistoryEvent.fromPartial({ seq, text, atMs, type: EventType.HEALTH, ...fields }));
}

describe('a frame of top', () => {
  const state = seeEvent(
    seeEvent(seeCluster(emptyState, oneDown(), now), event(1, 'node 1 was elected', { type: EventType.LEADER })),
    event(2, 'node 3 is out of reach'),
  );

  test('fills the screen: head, nodes with what is wrong with them, events, keys', () => {
    const sampled = sample(sample(state, 1000), 2000);
    expect(topScreen(sampled, now, size)).toEqual([
      'prod 7c1f04be  degraded  term 7  leader n1 30.0s  config @118 stable  0.0 entries/s  10:22:31',
      'quorum 2/3 live 2  margin 0   elections 24h: 1   snapshots running: 0   warnings: 2',
      ' ID  NAME  ROLE      STATE      LAG      MATCH   INFL    RTT  FSYNC  APPLY  CPU  FLAGS',
      '> 1  n1    leader    -            0       2000      -      -   11ms  0.3ms  18%',
      '  2  n2    follower  replicate    0  ▁▁   2000  0/256  0.4ms   11ms  0.3ms  18%',
      '  3  n3    unknown   probe      500  ▇▇   1500  0/256      -      -      -    -  DOWN NEED-SNAP',
      '  4  n4    learner   replicate    0  ▁▁   2000  0/256  0.4ms   11ms  0.3ms  18%',
      '',
      '',
      '',
      '',
      'events  2026-09-15 10:20:02Z  health    node 3 is out of reach',
      '        2026-09-15 10:20:01Z  leader    node 1 was elected',
      '[s]ort id [f]ilter all [enter] node [w]hat-if [c]onfig [e]vents [p]ause [q]uit  read-only',
    ]);
  });

  test('leaves out what matters least where there is no room: never who, how far behind, and what is wrong', () => {
    const heads = (width: number) =>
      topScreen(state, now, { ...size, width })[2]
        ?.trim()
        .split(/ +/);
    const always = ['ID', 'NAME', 'ROLE', 'STATE', 'LAG'];
    expect(heads(120)).toEqual([...always, 'MATCH', 'INFL', 'RTT', 'FSYNC', 'APPLY', 'DB', 'CPU', 'FLAGS']);
    expect(heads(80)).toEqual([...always, 'MATCH', 'RTT', 'FSYNC', 'FLAGS']);
    expect(heads(50)).toEqual([...always, 'FLAGS']);
  });

  test('has as many lines as the screen, and none is wider', () => {
    for (const [width, height] of [
      [80, 24],
      [40, 6],
      [20, 3],
      [200, 60],
    ] as const) {
      const lines = topScreen(state, now, { ...size, width, height });
      expect(lines).toHaveLength(height);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
    }
  });

  test('needs nothing but ASCII where the terminal knows no more', () => {
    const text = topScreen(sample(state, 1000), now, { ...size, unicode: false }).join('\n');
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toContain('#');
  });

  test('says so while there is no cluster to see, and when it is gone again', () => {
    expect(topScreen(emptyState, now, size)[0]).toContain('looking for the cluster');
    const lost = seeCluster(state, new RaftctlError('E_CONN_REFUSED', 'nobody answers'), now);
    expect(topScreen(lost, now, size).join('\n')).toContain('! nobody answers');
    expect(topScreen(seeCluster(lost, steady(), now), now, size).join('\n')).not.toContain('nobody answers');
  });

  test('cannot be led astray by what nodes say of themselves', () => {
    const evil = seeEvent(state, event(3, '\u001b[2Jgone'));
    expect(topScreen(evil, now, size).join('\n')).not.toContain('\u001b');
  });
});

describe('keys', () => {
  const state = seeCluster(emptyState, oneDown(), now);
  const shown = (keys: string) =>
    topScreen(pressed(state, keys), now, size).flatMap((line) => /^[ >] *(\d+) {2}n\d/.exec(line)?.[1] ?? []);

  test('s goes through the orders, f through what is shown', () => {
    expect(shown('')).toEqual(['1', '2', '3', '4']);
    expect(shown('s')).toEqual(['3', '1', '2', '4']);
    expect(shown('sss')).toEqual(shown(''));
    expect(shown('f')).toEqual(['1', '2', '3']);
    expect(shown('ff')).toEqual(['3']);
  });

  test('p keeps the picture as it is until it is pressed again', () => {
    const paused = pressed(state, 'p');
    expect(seeCluster(paused, steady(), now)).toBe(paused);
    expect(seeCluster(pressed(paused, 'p'), steady(), now).data?.health).toBe('healthy');
  });

  test('e shows events alone, c the configuration', () => {
    expect(topScreen(pressed(state, 'e'), now, size).join('\n')).not.toContain('FLAGS');
    expect(topScreen(pressed(state, 'c'), now, size).join('\n')).toContain('voters 1,2,3   learners 4');
  });

  const below = (keys: readonly string[]) => {
    const after = keys.reduce((before, key) => press(before, key) ?? before, state);
    const lines = topScreen(after, now, { ...size, height: 24 });
    return { mark: lines.find((line) => line.startsWith('>')), text: lines.join('\n') };
  };

  test('up and down choose a node, as far as there are any, and another order keeps the choice', () => {
    expect(below([]).mark).toMatch(/^> 1 /);
    expect(below(['down', 'j']).mark).toMatch(/^> 3 /);
    expect(below(['down', 'down', 'down', 'down', 'down', 'up']).mark).toMatch(/^> 3 /);
    expect(below(['up', 'k']).mark).toMatch(/^> 1 /);
    expect(below(['down', 's']).mark).toMatch(/^> 2 /);
    // One that is not shown any more gives way to the first that is.
    expect(below(['down', 'f', 'f']).mark).toMatch(/^> 3 /);
  });

  test('enter shows what is known of the chosen node, and again what happens', () => {
    const { text } = below(['down', 'enter']);
    expect(text).toContain('node     2  n2  10.0.0.2:7400');
    expect(text).toContain('load     fsync p99 11ms   apply p99 0.3ms   cpu 18%');
    expect(text).toContain('tracker  replicate   match 2000   next 2001   lag 0');
    expect(text).not.toContain('events  ');
    expect(below(['down', 'down', 'enter']).text).toContain('error    10.0.0.3:7400 refused the connection');
    for (const keys of [
      ['enter', 'enter'],
      ['enter', 'escape'],
      ['enter', 'e', 'e'],
    ]) {
      expect(below(keys).text).not.toContain('tracker');
    }
  });

  test('w tells what would be if the chosen node were down', () => {
    expect(below(['down', 'w']).text).toContain(
      'what if n2 were down: WRITES STOP\n  now   quorum 2/3 live 1   writes NO',
    );
    expect(below(['down', 'down', 'w']).text).toContain('what if n3 stays down: SAFE, NO MARGIN');
    expect(below(['down', 'down', 'down', 'w']).text).toContain('what if n4 were down: SAFE, NO MARGIN');
    expect(below(['w', 'enter']).text).not.toContain('what if n');
  });

  test('q and Ctrl-C end it; any other key does nothing', () => {
    expect(press(state, 'q')).toBeUndefined();
    expect(press(state, '\u0003')).toBeUndefined();
    expect(press(state, 'x')).toBe(state);
  });
});

test('the rate of writes is that of the last seconds', () => {
  const at = (commit: number, ms: number, before: TopState) => {
    const view = steady();
    if (view.leader?.log !== undefined) view.leader.log = { ...view.leader.log, commit };
    return sample(seeCluster(before, view, now), ms);
  };
  const first = at(1000, 0, emptyState);
  expect(commitRate(first)).toBeUndefined();
  expect(commitRate(at(1800, 2000, first))).toBe(400);
});

describe('the terminal', () => {
  class FakeTerminal extends EventEmitter {
    readonly columns = 90;
    readonly rows = 30;
    written = '';
    raw = false;
    write(text: string): void {
      this.written += text;
    }
    setRawMode(raw: boolean): void {
      this.raw = raw;
    }
    setEncoding(): void {}
    resume(): void {}
    pause(): void {}
  }

  function opened() {
    const terminal = new FakeTerminal();
    const seen: string[] = [];
    const screen = new FullScreen(
      terminal,
      terminal,
      (key) => seen.push(key),
      () => seen.push('resize'),
    );
    return { terminal, seen, screen };
  }

  test('is given back as it was, once, however often it is closed', () => {
    const { terminal, screen } = opened();
    expect(terminal.raw).toBe(true);
    screen.draw(['one', 'two']);
    screen.close();
    screen.close();
    screen.draw(['late']);
    expect(terminal.raw).toBe(false);
    expect(terminal.written).toBe(
      '\u001b[?1049h\u001b[?25l\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?25h\u001b[?1049l',
    );
    expect(terminal.listenerCount('data') + terminal.listenerCount('resize')).toBe(0);
  });

  test('tells of each key and of a new size', () => {
    const { terminal, seen, screen } = opened();
    terminal.emit('data', 'sq');
    terminal.emit('resize');
    expect(seen).toEqual(['s', 'q', 'resize']);
    expect(screen.size).toEqual({ width: 90, height: 30 });
    screen.close();
  });

  test('tells of keys that are no characters by their names, whichever way the terminal writes them', () => {
    const { terminal, seen, screen } = opened();
    terminal.emit('data', '\u001b[Aj\u001bOB\r\u001b[Cw');
    terminal.emit('data', '\u001b');
    expect(seen).toEqual(['up', 'j', 'down', 'enter', '\u001b[C', 'w', 'escape']);
    screen.close();
  });

  test('is given back when the process ends, by an error too', () => {
    const before = process.listenerCount('exit');
    const { screen } = opened();
    expect(process.listenerCount('exit')).toBe(before + 1);
    screen.close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
