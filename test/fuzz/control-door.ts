import { Chance } from './chance.js';
import { type Budget, type DoorReport, FuzzFailure, Outcomes } from './fuzzing.js';
import { hostileBytes } from './hostile-messages.js';
import { judge } from './judgement.js';
import { allMethods, type Method } from './protos.js';
import { RunningNode } from './running-node.js';
import { WireClient, type WireEnd } from './wire-client.js';

/** Calls that run at once. */
const atOnce = 16;
/** Inputs between two looks whether the node still serves. */
const lookEvery = 480;
/** Longest of a call, in milliseconds: most are answered at once, watchers run until then. */
const timeoutsMs = [20, 100, 400] as const;

/** Every gRPC method of a real node: hostile messages, spoilt encodings, noise; as their callers send them, over a real socket. */
export async function fuzzControl(seed: number, budget: Budget): Promise<DoorReport> {
  const methods = allMethods();
  return await fuzzNode(seed, budget, async (client, chance) => {
    const [first, ...others] = methods;
    if (first === undefined) throw new Error('there is no method');
    const method = chance.pick([first, ...others]);
    return judge(method.path, await callHostile(client, method, chance));
  });
}

function callHostile(client: WireClient, { path, descriptor }: Method, chance: Chance): Promise<WireEnd> {
  const { methodKind, input } = descriptor;
  const isOne = methodKind === 'unary' || methodKind === 'server_streaming';
  return client.call({
    path,
    messages: chance.list(isOne ? 1 : chance.int(0, 4), () => hostileBytes(input, chance)),
    timeoutMs: chance.pick(timeoutsMs),
    hangUpAfterAnswer: chance.oneIn(2),
    neverEnds: chance.oneIn(10),
  });
}

/** Plays one input a seed at a node, and looks at the node now and then. @param play makes the call of an input, and judges its end */
export async function fuzzNode(
  seed: number,
  budget: Budget,
  play: (client: WireClient, chance: Chance, node: RunningNode) => Promise<string>,
): Promise<DoorReport> {
  const node = await RunningNode.start();
  const outcomes = new Outcomes();
  try {
    let batch: number[] = [];
    const playBatch = async () => {
      // Hanging up in the middle of an answer costs a connection some of its window: none is used for long.
      const client = await WireClient.connect(node.address);
      const judged = await Promise.all(batch.map((one) => play(client, new Chance(one), node)));
      client.close();
      judged.forEach((outcome, at) => {
        if (outcome.startsWith('BAD')) throw new FuzzFailure(`${outcome}; ${node.defect ?? ''}`, batch[at] ?? seed);
        outcomes.add(outcome);
      });
      if (node.defect !== undefined) throw new FuzzFailure(node.defect, batch[0] ?? seed, batch.length);
      batch = [];
    };
    for (const one of budget.seeds(seed)) {
      batch.push(one);
      if (batch.length === atOnce) await playBatch();
      if (outcomes.inputs > 0 && batch.length === 0 && outcomes.inputs % lookEvery === 0)
        await look(node, seed, outcomes);
    }
    await playBatch();
    await look(node, seed, outcomes);
  } finally {
    await node.close();
  }
  return outcomes;
}

async function look(node: RunningNode, seed: number, { inputs }: Outcomes): Promise<void> {
  try {
    await node.expectServing();
    node.expectNoGrowth();
  } catch (thrown) {
    throw new FuzzFailure(`it serves no more: ${String(thrown)}`, seed, inputs);
  }
  if (node.defect !== undefined) throw new FuzzFailure(node.defect, seed, inputs);
}
