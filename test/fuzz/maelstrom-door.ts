import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MaelstromProcess } from '../maelstrom/maelstrom-process.js';
import { Chance } from './chance.js';
import { type Door, FuzzFailure, Outcomes } from './fuzzing.js';
import { mutate } from './mutations.js';

/** Lines between two looks whether the node still answers. */
const lookEvery = 200;
/** How long an answer may take, on a machine that has much else to do. */
const answerMs = 30_000;

const bodies = [
  { type: 'read', key: 'a' },
  { type: 'write', key: 'a', value: 1 },
  { type: 'cas', key: 'a', from: 1, to: 2, create_if_not_exists: true },
  { type: 'init', node_id: 'n1', node_ids: ['n1'] },
  { type: 'init', node_id: 'n2', node_ids: ['n1', 'n2'] },
  { type: 'raft_hello', life: 1, to_life: 2 },
  { type: 'raft_batch', batch: 'AAAA', life: 1 },
  { type: 'raft_snapshot', offset: 0, chunk: 'AAAA', last: true },
  { type: 'raft_forward', client: 'c1', request: { type: 'write', key: 'a', value: 1, msg_id: 1 } },
  { type: 'nonsense' },
] as const;

const values = [
  null,
  true,
  -1,
  0,
  2 ** 53,
  '',
  '__proto__',
  'x'.repeat(5000),
  [],
  {},
  [[[[]]]],
  { type: 'read' },
] as const;

/** Lines on the standard input of a real process of `raftctl-maelstrom`: true requests, with fields and bytes changed. */
export const fuzzMaelstrom: Door = async (seed, budget) => {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-fuzz-maelstrom-'));
  const node = new Conversation(folder);
  const outcomes = new Outcomes();
  try {
    await node.ask({ type: 'init', node_id: 'n1', node_ids: ['n1'] });
    await expectServing(node, seed, outcomes);
    for (const one of budget.seeds(seed)) {
      node.say(hostileLine(new Chance(one)));
      outcomes.add('said');
      if (outcomes.inputs % lookEvery === 0) await expectServing(node, seed, outcomes);
    }
    await expectServing(node, seed, outcomes);
  } finally {
    await node.close();
    rmSync(folder, { recursive: true });
  }
  for (const [outcome, times] of node.answers) outcomes.outcomes.set(outcome, times);
  return outcomes;
};

async function expectServing(node: Conversation, seed: number, { inputs }: Outcomes): Promise<void> {
  try {
    const value = `value after ${inputs}`;
    await node.ask({ type: 'write', key: 'look', value });
    const answer = await node.ask({ type: 'read', key: 'look' });
    if (answer['value'] !== value) throw new Error(`wrote ${value}, and read ${JSON.stringify(answer)}`);
  } catch (thrown) {
    throw new FuzzFailure(`it answers no more: ${String(thrown)}`, seed, inputs);
  }
}

function hostileLine(chance: Chance): string {
  if (chance.oneIn(15)) return chance.bytes(chance.int(0, 200)).toString('latin1').replaceAll('\n', ' ');
  const body: Record<string, unknown> = { ...chance.pick<Readonly<Record<string, unknown>>>(bodies) };
  if (chance.oneIn(2)) body['msg_id'] = chance.pick<unknown>([chance.int(0, 1000), -1, 1.5, 'x', 2 ** 60]);
  if (chance.oneIn(8)) body['in_reply_to'] = chance.int(0, 1000);
  for (const field of Object.keys(body)) {
    if (chance.oneIn(6)) body[field] = chance.pick<unknown>(values);
    else if (chance.oneIn(12)) delete body[field];
  }
  const src = chance.pick(['c1', 'c2', 'n1', 'n2', '', '__proto__']);
  const dest = chance.pick(['n1', 'n1', 'n1', 'n2', '']);
  const line = JSON.stringify({ src, dest, body });
  return chance.oneIn(3) ? mutate(Buffer.from(line), chance).toString('latin1').replaceAll('\n', ' ') : line;
}

/** A process, and what it has answered. */
class Conversation {
  readonly answers = new Map<string, number>();
  readonly #waiting = new Map<number, (body: Readonly<Record<string, unknown>>) => void>();
  readonly #process: MaelstromProcess;
  #lastId = 1_000_000;
  #isClosing = false;

  constructor(folder: string) {
    const args = ['--data-dir', folder, '--log-level', 'error'];
    this.#process = new MaelstromProcess(args, (line) => this.#hear(line));
  }

  say(line: string): void {
    this.#process.write(line);
  }

  /** Asks until the answer is another one than: not now. */
  async ask(request: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const id = ++this.#lastId;
      const answered = new Promise<Readonly<Record<string, unknown>>>((resolve) => this.#waiting.set(id, resolve));
      this.say(JSON.stringify({ src: `look-${id}`, dest: 'n1', body: { ...request, msg_id: id } }));
      const answer = await Promise.race([answered, this.#ended(), expired()]);
      if (answer['code'] !== 11) return answer;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#process.close();
  }

  async #ended(): Promise<never> {
    const { exitCode, signal } = await this.#process.ended;
    if (this.#isClosing) return new Promise(() => {});
    throw new Error(`it has ended with ${exitCode ?? signal}: ${this.#process.log}`);
  }

  #hear(line: string): void {
    const { body } = JSON.parse(line);
    const { type, code, in_reply_to: id } = body;
    const outcome = code === undefined ? String(type) : `error ${code}`;
    this.answers.set(outcome, (this.answers.get(outcome) ?? 0) + 1);
    this.#waiting.get(id)?.(body);
    this.#waiting.delete(id);
  }
}

async function expired(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, answerMs).unref());
  throw new Error(`no answer within ${answerMs} ms`);
}
