import { cpSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { RaftctlError } from '../../src/base/errors.js';
import { checkDirectory } from '../../src/storage/directory-check.js';
import { inspectDirectory } from '../../src/storage/directory-inspection.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { type Damage, inflict } from './damage.js';
import { type Answers, askEverything, goOn, openExaminedStore, readTruth } from './examined-store.js';

/*
 * Told of damage, a line each, does it to a copy of a sound directory, opens the store on it, asks it everything, and says what came of
 * it. A process of its own, since LMDB may end it. Argument: folder with the sound directory and what it answers.
 */

/** What is read from a damaged directory. */
export interface Finding {
  /** Why the store was not opened; undefined where it was. */
  refusedAtStart: string | undefined;
  /** Questions that were not answered, because of damage. */
  refused: string[];
  reasons: string[];
  /** Questions to which the answer is another one than it should be. */
  wrong: string[];
  /** What `offline fsck` names. */
  checked: string[];
  /** An error that is none of damage. */
  unexpected: string | undefined;
}

const [folder = ''] = process.argv.slice(2);
const truth = readTruth(folder);

async function examine(damage: Damage): Promise<Finding> {
  const finding: Finding = {
    refusedAtStart: undefined,
    refused: [],
    reasons: [],
    wrong: [],
    checked: [],
    unexpected: undefined,
  };
  const dataDir = `${folder}/damaged`;
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(`${folder}/sound`, dataDir, { recursive: true });
  try {
    if (!damage.isRunning) {
      inflict(dataDir, damage);
      finding.checked = await check(dataDir);
    }
    await examineStore(dataDir, damage, finding);
    if (damage.isRunning) finding.checked = await check(dataDir);
  } catch (thrown) {
    finding.unexpected = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  return finding;
}

async function examineStore(dataDir: string, damage: Damage, finding: Finding): Promise<void> {
  let store: LmdbStore;
  try {
    store = await openExaminedStore(dataDir);
  } catch (thrown) {
    if (!isOfDamage(thrown)) throw thrown;
    finding.refusedAtStart = thrown.message;
    return;
  }
  try {
    if (damage.isRunning) inflict(dataDir, damage);
    await compare(store, finding);
    if (finding.refused.length > 0) return;
    await goOn(store).catch((thrown: unknown) => {
      if (!isOfDamage(thrown)) throw thrown;
      finding.refused.push('writing');
      finding.reasons.push(thrown.message);
    });
    await compare(store, finding);
  } finally {
    await store.close();
  }
}

/** The log may have grown; what was there is to be as it was. */
async function compare(store: LmdbStore, finding: Finding): Promise<void> {
  const { answers, refused, reasons } = await askEverything(store);
  finding.refused.push(...refused);
  finding.reasons.push(...reasons);
  const isMissing = (question: string) => answers[question] === undefined && question.startsWith('snapshot ');
  const isDifferent = ([question, answer]: [string, string]) =>
    question !== 'bounds of the log' &&
    !isMissing(question) &&
    !refused.includes(question) &&
    answers[question] !== answer;
  finding.wrong.push(
    ...Object.entries(truth satisfies Answers)
      .filter(isDifferent)
      .map(([question]) => question),
  );
}

async function check(dataDir: string): Promise<string[]> {
  try {
    return await inspectDirectory(dataDir, async (inspection) => [...(await checkDirectory(inspection)).damaged]);
  } catch (thrown) {
    if (!isOfDamage(thrown)) throw thrown;
    return [thrown.message];
  }
}

function isOfDamage(thrown: unknown): thrown is RaftctlError {
  return (
    thrown instanceof RaftctlError &&
    ['E_CORRUPT', 'E_DISK', 'E_IDENTITY', 'E_WRONG_STATE_MACHINE'].includes(thrown.code)
  );
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await examine(JSON.parse(line)))}\n`);
}
