import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaftctlError } from '../../src/base/errors.js';
import { toChangeData } from '../../src/cli/change-data.js';
import { findContext } from '../../src/cli/contexts.js';
import { parseSpec, specText } from '../../src/cli/member-spec.js';
import { nodeFlags } from '../../src/cli/node-flags.js';
import { readJsonLines } from '../../src/cli/payload.js';
import { parsePlanFile, toPlanFile } from '../../src/cli/plan-file.js';
import { readPlannedPhases } from '../../src/cli/planned-phases.js';
import { settingsArguments } from '../../src/cli/settings-file.js';
import { TokenBook } from '../../src/control/index.js';
import { CertificateAuthority, checkCertifiedKey, newToken, tokenLine } from '../../src/credentials/index.js';
import { ChangeMembersRequest, ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import { openDocument, planRecovery, sealDocument } from '../../src/recovery/index.js';
import { readSnapshot } from '../../src/storage/snapshot-file.js';
import { plan as changePlan, event } from '../cli/change-fixture.js';
import { collected, wish } from '../recovery/collected.js';
import { snapshotFile } from '../storage/snapshot-bytes.js';
import { Chance } from './chance.js';
import { type Budget, type DoorReport, FuzzFailure, Outcomes } from './fuzzing.js';
import { mutate } from './mutations.js';

/** A kind of file, sound as it is, and who reads it. */
interface Kind {
  readonly sound: Buffer;
  /** @param path of a file that holds the same bytes */
  readonly read: (bytes: Buffer, path: string) => unknown;
  /** What a file that is taken must say: it carries a seal, and anything else was changed. Undefined where it has none. */
  readonly said?: string;
}

const text = (bytes: Buffer) => bytes.toString('utf8');
const asJson = (value: unknown) => JSON.stringify(value);

/** Every kind of file that a command or a node reads and that people carry about. */
async function kindsOf(): Promise<Readonly<Record<string, Kind>>> {
  const request = ChangeMembersRequest.fromPartial({ requestId: 'r', voters: { ids: [1, 3] }, peers: [], maxLag: 10 });
  const plan = toChangeData(changePlan, event(ChangePhase.PLANNED, 'planned'), true);
  const now = new Date(0);
  const planFile = toPlanFile(request, plan, 'ab', 'c'.repeat(32), now);
  const facts = sealDocument('RecoveryFacts', collected({ id: 1, terms: [1, 1, 2], commit: 2 }));
  const recovery = planRecovery([facts, collected({ id: 2, terms: [1, 1] })], wish([3, 4, 5]));
  const sealed = sealDocument('RecoveryPlan', recovery);
  const members = [1, 2, 3].map((id) => ({
    id,
    name: `n${id}`,
    address: `10.0.0.${id}:1`,
    zone: undefined,
    priority: 1,
  }));
  const spec = await specText({ clusterId: 'c'.repeat(32), voters: members, learners: [] });
  const dayMs = 86_400_000;
  const times = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
  const { cert, key } = CertificateAuthority.create({ name: 'a', ...times }).issue({ name: 'x', ...times });
  const pem = (bytes: string | Buffer, name: string) => ({ name, bytes: Buffer.from(bytes) });
  const of = (sound: string, read: Kind['read'], said?: string): Kind => ({
    sound: Buffer.from(sound),
    read,
    ...(said === undefined ? {} : { said }),
  });
  const settings = 'id: 3\ndata-dir: /data\nlisten: 10.0.0.3:7400\njoin: [10.0.0.1:7400]\ntick: 50ms\ninsecure: true\n';
  const contexts =
    'currentContext: lab\ncontexts:\n  lab:\n    endpoints: ["127.0.0.1:1"]\n    tls: {mode: required, ca: ca.pem}\n    protected: true\n';
  return {
    plan: of(
      asJson(planFile),
      (bytes) => asJson(inOrder(parsePlanFile('plan', text(bytes)))),
      asJson(inOrder(planFile)),
    ),
    phases: of(asJson(plan), (_, path) => readPlannedPhases(path)),
    facts: of(asJson(facts), (bytes) => asJson(openDocument('RecoveryFacts', text(bytes), 'facts')), asJson(facts)),
    recovery: of(asJson(sealed), (bytes) => asJson(openDocument('RecoveryPlan', text(bytes), 'plan')), asJson(sealed)),
    members: of(spec, (bytes) => parseSpec('members', text(bytes))),
    contexts: of(contexts, (_, path) => findContext('lab', [path])),
    settings: of(settings, (_, path) => settingsArguments(path, [], Object.keys(nodeFlags))),
    batch: of('{"a":1}\r\n\n[1,2]\n"x"', async (_, path) => {
      for await (const line of readJsonLines(path)) JSON.parse(line);
    }),
    tokens: of(tokenLine('admin', 'ops', newToken()), (bytes) => TokenBook.parse(text(bytes), 'tokens')),
    certificate: of(cert, (bytes) => checkCertifiedKey(pem(bytes, 'cert'), pem(key, 'key'), Date.now())),
    key: of(key, (bytes) => checkCertifiedKey(pem(cert, 'cert'), pem(bytes, 'key'), Date.now())),
    snapshot: { sound: Buffer.from(snapshotFile({ index: 50, term: 2 }, [])), read: (_, path) => readSnapshotAt(path) },
  };
}

async function readSnapshotAt(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await readSnapshot(handle);
  } finally {
    await handle.close();
  }
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Files of every kind, spoilt: each is read as it was meant, or refused in a sentence of ours; what is sealed is never taken for something else. */
export async function fuzzDocuments(seed: number, budget: Budget): Promise<DoorReport> {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-fuzz-'));
  const outcomes = new Outcomes();
  try {
    const [first, ...others] = Object.entries(await kindsOf());
    if (first === undefined) throw new Error('there is no kind');
    for (const one of budget.seeds(seed)) {
      const chance = new Chance(one);
      const [name, kind] = chance.pick([first, ...others]);
      const bytes = mutate(kind.sound, chance);
      const path = join(folder, name);
      writeFileSync(path, bytes, { mode: 0o600 });
      const outcome = await outcomeOf(kind, bytes, path);
      if (outcome.startsWith('BAD'))
        throw new FuzzFailure(`${name}: ${outcome}: ${bytes.toString('base64').slice(0, 4000)}`, one);
      outcomes.add(`${name} ${outcome}`);
    }
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function outcomeOf({ read, said, sound }: Kind, bytes: Buffer, path: string): Promise<string> {
  try {
    const read1 = await read(bytes, path);
    const isChanged = !bytes.equals(sound);
    const isOther = said !== undefined && read1 !== said;
    return isChanged && isOther ? 'BAD changed, and taken all the same' : 'taken';
  } catch (thrown) {
    if (thrown instanceof RaftctlError && thrown.code !== 'E_INTERNAL') return 'refused';
    return `BAD ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
}
