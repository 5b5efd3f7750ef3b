import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../src/base/random.js';
import { examineDamages, isBad } from '../bit-rot/bit-rot.js';
import { type Budget, type DoorReport, FuzzFailure, Outcomes } from './fuzzing.js';

/** A process of its own looks at each damaged directory: the script that the build made, or in a test one that is made for it. */
async function examinerOf(url: string): Promise<string> {
  if (url.endsWith('.js')) return fileURLToPath(new URL('../bit-rot/examiner.js', url));
  const { transpiledRooms } = await import('../storage/child-process.js');
  return join(transpiledRooms(), 'test', 'bit-rot', 'examiner.js');
}

/** Bits flipped, pages zeroed and files cut in the data directory of a node: it does not start, or answers as before, or says what is damaged. */
export async function fuzzDirectory(seed: number, budget: Budget): Promise<DoorReport> {
  const outcomes = new Outcomes();
  const seeds: number[] = [];
  function* randoms() {
    for (const one of budget.seeds(seed)) {
      seeds.push(one);
      yield seededRandom(Math.imul(one, 0x9e3779b1));
    }
  }
  for await (const examined of examineDamages(await examinerOf(import.meta.url), randoms())) {
    const { damage, result, sentence } = examined;
    if (isBad(examined))
      throw new FuzzFailure(`${result}: ${JSON.stringify(damage)} ${sentence}`, seeds.at(-1) ?? seed);
    outcomes.add(result);
  }
  return outcomes;
}
