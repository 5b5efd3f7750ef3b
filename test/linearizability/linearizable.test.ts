import { describe, expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../src/base/random.js';
import { checkHistory } from './check-history.js';
import { type Answer, type Call, type HistoryStep, historyLine, type Operation, operationsByKey } from './history.js';
import { isLinearizable } from './linearizable.js';
import { hasOrderByIndex } from './order-by-index.js';
import { ABSENT, stepRegister } from './register-model.js';

let indexes = 0;

/** An operation from one moment to another. */
function operation(calledAt: number, returnedAt: number, call: Call, answer?: Partial<Answer>): Operation {
  const whole = answer === undefined ? undefined : { index: ++indexes, version: 0, ...answer };
  return { process: calledAt, call, calledAt, returnedAt, answer: whole };
}

const write = (value: string): Call => ({ f: 'write', value });
const read: Call = { f: 'read' };
const never = Number.POSITIVE_INFINITY;

describe('a history is linearizable', () => {
  test('where one call comes after the other', () => {
    const history = [
      operation(1, 2, write('a'), { prev: null, version: 1 }),
      operation(3, 4, read, { value: 'a', version: 1 }),
      operation(5, 6, { f: 'cas', from: 'a', to: 'b' }, { prev: 'a', swapped: true, version: 2 }),
      operation(7, 8, { f: 'cas', from: 'a', to: 'c' }, { prev: 'b', swapped: false, version: 2 }),
      operation(9, 10, { f: 'delete' }, { prev: 'b', version: 0 }),
      operation(11, 12, read, { value: null, version: 0 }),
    ];
    expect(isLinearizable(history)).toBe('yes');
  });

  test('where calls overlap, and took effect in another order than they came', () => {
    const history = [
      operation(1, 9, write('a'), { prev: 'b', version: 2 }),
      operation(2, 8, write('b'), { prev: null, version: 1 }),
      operation(3, 4, read, { value: null, version: 0 }),
    ];
    expect(isLinearizable(history)).toBe('yes');
  });

  test('where a write that nobody knows of took effect late, or never', () => {
    const late = [
      operation(1, never, write('a')),
      operation(2, 3, read, { value: null, version: 0 }),
      operation(4, 5, read, { value: 'a', version: 1 }),
    ];
    expect(isLinearizable(late)).toBe('yes');
    expect(isLinearizable(late.slice(0, 2))).toBe('yes');
  });

  test('where so many have no answer that not every choice of them can be tried: the log says what is missing', () => {
    const lost = Array.from({ length: 40 }, (_, at) => operation(at, never, write(`v${at}`)));
    const seen = [
      operation(50, 51, read, { value: 'v7', version: 20 }),
      operation(52, 53, { f: 'cas', from: 'v3', to: 'x' }, { prev: 'v3', swapped: true, version: 31 }),
    ];
    expect(isLinearizable([...lost, ...seen], 1000)).toBe('yes');
  });
});

describe('a history is not linearizable', () => {
  test.each<[string, Operation[]]>([
    [
      'a stale read',
      [
        operation(1, 2, write('a'), { prev: null, version: 1 }),
        operation(3, 4, write('b'), { prev: 'a', version: 2 }),
        operation(5, 6, read, { value: 'a', version: 1 }),
      ],
    ],
    [
      'a lost write',
      [operation(1, 2, write('a'), { prev: null, version: 1 }), operation(3, 4, read, { value: null, version: 0 })],
    ],
    ['a value that nobody wrote', [operation(1, 2, read, { value: 'x', version: 1 })]],
    [
      'reads of two clients that see two writes in two orders',
      [
        operation(1, 20, write('a'), { prev: null, version: 1 }),
        operation(2, 21, write('b'), { prev: 'a', version: 2 }),
        operation(3, 4, read, { value: 'b', version: 2 }),
        operation(5, 6, read, { value: 'a', version: 1 }),
      ],
    ],
    [
      'a write that was applied twice',
      [operation(1, 2, write('a'), { prev: null, version: 1 }), operation(3, 4, read, { value: 'a', version: 2 })],
    ],
    [
      'a write that failed for nobody and shows before it was called',
      [operation(1, 2, read, { value: 'a', version: 1 }), operation(3, never, write('a'))],
    ],
    [
      'two that both won the same compare-and-set',
      [
        operation(1, 10, { f: 'cas', from: null, to: 'a' }, { prev: null, swapped: true, version: 1 }),
        operation(2, 11, { f: 'cas', from: null, to: 'b' }, { prev: null, swapped: true, version: 1 }),
      ],
    ],
  ])('that has %s', (_, history) => expect(isLinearizable(history)).toBe('no'));

  test('and a search that is too long says so, and counts as a failure', () => {
    const history = Array.from({ length: 30 }, (_, at) => operation(at, never, write(`v${at}`)));
    expect(isLinearizable([...history, operation(40, 41, read, { value: 'x', version: 1 })], 1000)).toBe('unknown');
  });
});

describe('random histories', () => {
  test('of a real register are all accepted, and hardly one of those in which one answer was falsified', () => {
    const [runs, caught] = [300, { count: 0 }];
    for (let seed = 1; seed <= runs; seed++) {
      const history = played(seed);
      expect(isLinearizable(history), `seed ${seed}`).toBe('yes');
      if (isLinearizable(falsified(history, seed)) === 'no') caught.count++;
    }
    expect(caught.count).toBeGreaterThanOrEqual(runs * 0.99);
  });

  test('have an order by index where they are real, and none where no order fits', () => {
    const [runs, found] = [400, { count: 0 }];
    for (let seed = 1; seed <= runs; seed++) {
      if (hasOrderByIndex(played(seed))) found.count++;
      const wrong = falsified(played(seed, 5), seed);
      if (hasOrderByIndex(wrong)) expect(someOrderFits(wrong), `seed ${seed}`).toBe(true);
    }
    expect(found.count).toBeGreaterThanOrEqual(runs * 0.9);
  });

  test('are judged as by trying every order there is', () => {
    const verdicts = { yes: 0, no: 0, unknown: 0 };
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed);
      const history = played(seed, 5);
      const tried = random() < 0.5 ? history : falsified(history, seed);
      const verdict = isLinearizable(tried);
      expect(verdict, `seed ${seed}`).toBe(someOrderFits(tried) ? 'yes' : 'no');
      verdicts[verdict]++;
    }
    expect(Math.min(verdicts.yes, verdicts.no)).toBeGreaterThan(50);
  });
});

/** A history of clients on one register that takes each call at some moment between its two ends; some never hear of it. */
function played(seed: number, length = 60): Operation[] {
  const random = seededRandom(seed);
  const moments: {
    readonly at: number;
    readonly call: Call;
    readonly calledAt: number;
    readonly returnedAt: number;
  }[] = [];
  for (let process = 0; process < 4; process++) {
    let now = random();
    for (let count = 0; count < length / 4; count++) {
      const calledAt = now + random();
      const at = calledAt + random();
      const returnedAt = at + random();
      now = returnedAt;
      moments.push({ at, calledAt, returnedAt, call: anyCall(random, `${process}.${count}`) });
    }
  }
  let state = ABSENT;
  return moments
    .sort((a, b) => a.at - b.at)
    .flatMap(({ call, calledAt, returnedAt }, process) => {
      const before = state;
      const isLost = call.f !== 'read' && random() < 0.1;
      // Lost on the way there, or on the way back.
      const happens = !isLost || random() < 0.5;
      if (happens) state = stepRegister(before, call, undefined) ?? before;
      const answer = answerOf(call, before.value, state.version, process);
      return { process, call, calledAt, returnedAt: isLost ? never : returnedAt, answer: isLost ? undefined : answer };
    })
    .sort((a, b) => a.calledAt - b.calledAt);
}

function anyCall(random: () => number, value: string): Call {
  const kind = randomInt(random, 0, 10);
  if (kind < 4) return read;
  if (kind < 7) return write(value);
  if (kind < 8) return { f: 'delete' };
  return { f: 'cas', from: random() < 0.5 ? null : `${randomInt(random, 0, 4)}.${randomInt(random, 0, 9)}`, to: value };
}

function answerOf(call: Call, before: string | null, version: number, index: number): Answer {
  if (call.f === 'read') return { value: before, version, index };
  return { prev: before, version, index, ...(call.f === 'cas' ? { swapped: before === call.from } : {}) };
}

/** The same with one answer that was never given: of another value than was ever there, or of a version too many. */
function falsified(history: readonly Operation[], seed: number): Operation[] {
  const random = seededRandom(seed + 1_000_000);
  const answered = history.filter(({ answer }) => answer !== undefined);
  const chosen = answered[randomInt(random, 0, answered.length)];
  return history.map((one) => {
    if (one !== chosen || one.answer === undefined) return one;
    const { answer } = one;
    if (random() < 0.5) return { ...one, answer: { ...answer, version: answer.version + 1000 } };
    return { ...one, answer: { ...answer, ...(one.call.f === 'read' ? { value: 'nobody' } : { prev: 'nobody' }) } };
  });
}

function someOrderFits(left: readonly Operation[], state = ABSENT): boolean {
  if (left.every(({ answer }) => answer === undefined)) return true;
  const firstReturn = Math.min(...left.map(({ returnedAt }) => returnedAt));
  return left.some((next) => {
    if (next.calledAt > firstReturn) return false;
    const after = stepRegister(state, next.call, next.answer);
    return (
      after !== undefined &&
      someOrderFits(
        left.filter((other) => other !== next),
        after,
      )
    );
  });
}

describe('the steps of a history', () => {
  const steps: HistoryStep[] = [
    { type: 'invoke', process: 1, f: 'write', key: 'a', value: '1', time: 0 },
    { type: 'invoke', process: 2, f: 'write', key: 'b', value: '2', time: 1 },
    { type: 'ok', process: 1, f: 'write', key: 'a', prev: null, version: 1, index: 7, time: 2 },
    { type: 'fail', process: 2, f: 'write', key: 'b', time: 3 },
    { type: 'invoke', process: 1, f: 'cas', key: 'a', from: '1', to: '3', time: 4 },
    { type: 'info', process: 1, f: 'cas', key: 'a', time: 5 },
    { type: 'invoke', process: 3, f: 'read', key: 'a', time: 6 },
  ];

  test('are lines of JSON', () => {
    expect(historyLine(steps[6] as HistoryStep)).toBe('{"type":"invoke","process":3,"f":"read","key":"a","time":6}\n');
  });

  test('become operations: what failed and reads without an answer are left out, what is not known stays open', () => {
    const byKey = operationsByKey(steps);
    expect([...byKey.keys()]).toEqual(['a']);
    expect(byKey.get('a')?.map(({ call, returnedAt }) => [call.f, returnedAt])).toEqual([
      ['write', 2],
      ['cas', Number.POSITIVE_INFINITY],
    ]);
  });

  test('are refused where a process does two things at once', () => {
    expect(() => operationsByKey([...steps, ...steps.slice(6)])).toThrow('process 3 asks before it has its answer');
    expect(() => operationsByKey(steps.slice(2, 3))).toThrow('asked nothing');
  });

  test('are judged key by key, and by their place in the log', () => {
    expect(checkHistory(steps)).toBeUndefined();
    const later: HistoryStep[] = [
      { type: 'invoke', process: 5, f: 'read', key: 'a', time: 7 },
      { type: 'ok', process: 5, f: 'read', key: 'a', value: '1', version: 1, index: 6, time: 8 },
    ];
    expect(checkHistory([...steps, ...later])).toContain('answered from index 6, after another');
    const wrong = later.map((step) => (step.type === 'ok' ? { ...step, index: 9, value: '4' } : step));
    expect(checkHistory([...steps, ...wrong])).toContain('key a is not linearizable');
  });
});
