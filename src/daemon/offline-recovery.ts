import { basename, dirname, join, resolve } from 'node:path';
import { assert } from '../base/assert.js';
import { RaftctlError } from '../base/errors.js';
import { type Logger, silentLogger } from '../base/logger.js';
import { applyWholeLog } from '../node/offline-apply.js';
import type { NodeSettings } from '../node/ports.js';
import { recoverRecords } from '../node/recovered-records.js';
import { confStateEqual } from '../raft/conf-change.js';
import { contentDigest, type PlannedSurvivor, type RecoveryPlan, recoveredWithout } from '../recovery/index.js';
import {
  copyDataDirectory,
  exists,
  installSnapshotFile,
  type NewSnapshotHeader,
  OfflineDirectory,
  type RecoveryNote,
  readRecoveryNote,
  verifySnapshotFile,
  writeOfflineSnapshot,
  writeRecoveryNote,
} from '../storage/offline.js';
import { loadStateMachine } from './load-state-machine.js';
import { collectFrom } from './offline-collect.js';

/** What is done, in this order; each is told before it begins. */
export type RecoveryStep = 'check' | 'copy' | 'begin' | 'apply' | 'snapshot' | 'install' | 'identity' | 'end';

export interface RecoveryOptions {
  readonly dataDir: string;
  /** Checksum of the plan file: by it a run that was torn is known again. */
  readonly planId: string;
  /** On every node but the base: the snapshot file that was written on the base. */
  readonly snapshot?: string | undefined;
  /** Folder for the copy, and on the base for the snapshot file. Default: the one that the data directory is in. */
  readonly backupDir?: string | undefined;
  /** As `node start` takes it; needed where the machine is a module of the user's own. */
  readonly stateMachine?: string | undefined;
  readonly onStep?: (step: RecoveryStep) => void;
  readonly logger?: Logger;
}

/** What became of one node. */
export interface RecoveredNode {
  readonly id: number;
  readonly role: 'voter' | 'learner';
  readonly isBase: boolean;
  /** Nothing was done: this plan was carried out here before. */
  readonly already: boolean;
  readonly incarnation: number;
  readonly index: number;
  readonly term: number;
  /** The data directory as it was before. */
  readonly backup: string;
  /** What the other survivors are rebuilt from. */
  readonly snapshot: string;
  /** Settings that kept the node from leading, and no longer do. */
  readonly lifted: readonly (keyof NodeSettings)[];
}

/**
 * Carries a plan out on one survivor. All that is decided goes into one snapshot file: on the base it is made of its state, with its whole
 * log applied and the cluster's records brought to the new configuration; on every survivor, base or not, it then takes the place
 * of log and state in one step. So all of them begin at the same index and term with the same state.
 *
 * A note in the directory says that it was begun: whatever a crash leaves, a node does not start on it, and the same command finishes it.
 *
 * @throws RaftctlError E_REFUSED, with nothing changed, where the plan is not for this directory, or the directory is not as it was collected
 */
export async function applyRecovery(plan: RecoveryPlan, options: RecoveryOptions): Promise<RecoveredNode> {
  const directory = await OfflineDirectory.open(options.dataDir);
  try {
    return await new Recovering(plan, options, directory).run();
  } finally {
    await directory.close();
  }
}

class Recovering {
  readonly #survivor: PlannedSurvivor;
  readonly #files: { readonly backup: string; readonly snapshot: string };

  constructor(
    private readonly plan: RecoveryPlan,
    private readonly options: RecoveryOptions,
    private readonly directory: OfflineDirectory,
  ) {
    this.#survivor = survivorOf(plan, directory);
    const path = resolve(options.dataDir);
    const stem = join(resolve(options.backupDir ?? dirname(path)), `${basename(path)}.recovery-${shortId(options)}`);
    const written = this.#survivor.isBase ? `${stem}.snap` : options.snapshot;
    this.#files = { backup: `${stem}.backup`, snapshot: written === undefined ? '' : resolve(written) };
  }

  async run(): Promise<RecoveredNode> {
    const { planId } = this.options;
    const note = await readRecoveryNote(this.directory.path);
    if (note?.planId === planId && note.state === 'done') return this.#result(true, note.backup, []);
    if (note?.state === 'begun' && note.planId !== planId) throw otherPlan(this.directory.path, note);
    const backup = note?.state === 'begun' ? note.backup : await this.#begin();
    if (this.#survivor.isBase) await this.#writeSnapshot();
    else if (!(await this.#isInstalled())) await this.#checkSnapshot();
    await this.#install();
    this.#tell('identity');
    const lifted = await this.#liftSettings();
    const { identity } = this.directory;
    await this.directory.setIdentity({
      ...identity,
      incarnation: this.plan.incarnation.after,
      // Started too early, it may have heard from the base, of this same plan; of any other recovery it was refused.
      supersededBy: undefined,
    });
    this.#tell('end');
    await writeRecoveryNote(this.directory.path, { kind: 'recovery', planId, state: 'done', backup });
    return this.#result(false, backup, lifted);
  }

  /** Looks whether everything is as the plan has it, and only then changes the first thing. */
  async #begin(): Promise<string> {
    const { path } = this.directory;
    const { backup } = this.#files;
    this.#tell('check');
    await this.#checkAsCollected();
    if (!this.#survivor.isBase) await this.#checkSnapshot();
    this.#tell('copy');
    await copyDataDirectory(path, backup);
    this.#tell('begin');
    await writeRecoveryNote(path, { kind: 'recovery', planId: this.options.planId, state: 'begun', backup });
    return backup;
  }

  async #checkAsCollected(): Promise<void> {
    const { plan, directory } = this;
    const { id, isBase, content, logDigest, commit } = this.#survivor;
    const { clusterId, incarnation, supersededBy } = directory.identity;
    if (clusterId !== plan.clusterId || incarnation !== plan.incarnation.before) {
      throw notAsCollected(id, `it is of cluster ${clusterId}, incarnation ${incarnation}`);
    }
    if (supersededBy !== undefined && supersededBy !== plan.incarnation.after) throw recoveredWithout(id, supersededBy);
    // Read here for its refusals alone: further on they would leave the recovery half done.
    await directory.settings();
    const now = await collectFrom(directory, new Date(0));
    const isSame = isBase
      ? contentDigest(now) === content
      : now.logDigest === logDigest && now.hardState.commit === commit;
    if (!isSame || now.hardState.term >= plan.start.term) {
      const { log, hardState } = now;
      throw notAsCollected(id, `last ${log.last}, term ${hardState.term}, commit ${hardState.commit} by now`);
    }
  }

  /** On the base: what is only in the log goes into the state, and the state into a file. */
  async #writeSnapshot(): Promise<void> {
    const { plan, directory } = this;
    const { snapshot } = this.#files;
    if (await this.#isInstalled()) return;
    this.#tell('apply');
    const { stateMachine = directory.identity.stateMachine } = this.options;
    const machine = await loadStateMachine(stateMachine);
    if (machine.name !== directory.identity.stateMachine) {
      const message = `the cluster runs a ${directory.identity.stateMachine}, --state-machine ${stateMachine} is a ${machine.name}`;
      throw new RaftctlError('E_WRONG_STATE_MACHINE', message);
    }
    const logger = this.#logger;
    const applied = await directory.withStore(logger, (store) => applyWholeLog(store, machine, logger));
    assert(applied.index === plan.start.index - 1, `applied up to ${applied.index}, not ${plan.start.index - 1}`);
    this.#tell('snapshot');
    await directory.read(async (reading) => {
      const { bootstrapSpec } = reading.stored;
      const header = { ...this.#header(), bootstrap: bootstrapSpec };
      const { index, term, confState } = plan.start;
      const after = { index, term, confState, configIndex: index };
      await writeOfflineSnapshot(reading, snapshot, header, (txn) =>
        recoverRecords(txn, applied, after, { ...plan, atMs: header.createdMs, text: this.#story() }),
      );
    });
  }

  async #checkSnapshot(): Promise<void> {
    const { id } = this.#survivor;
    const { snapshot } = this.#files;
    if (snapshot === '' || !(await exists(snapshot))) {
      throw new RaftctlError('E_USAGE', `node ${id} is rebuilt from node ${this.plan.base}: where is its snapshot?`, {
        hint: `copy the file that raftctl recover apply has written for node ${this.plan.base}, and name it: --snapshot FILE`,
      });
    }
    const { header } = await verifySnapshotFile(snapshot);
    const wanted = this.#header();
    const isSame = (['clusterId', 'stateMachine', 'index', 'term'] as const).every(
      (key) => header[key] === wanted[key],
    );
    if (isSame && header.confState !== undefined && confStateEqual(header.confState, this.plan.start.confState)) return;
    throw new RaftctlError('E_REFUSED', `${snapshot} is not the snapshot of this plan`, {
      facts: [
        `wanted: index ${wanted.index}, term ${wanted.term}; it is of index ${header.index}, term ${header.term}`,
      ],
    });
  }

  async #install(): Promise<void> {
    if (await this.#isInstalled()) return;
    const { snapshot } = this.#files;
    const { header } = await verifySnapshotFile(snapshot);
    this.#tell('install');
    await this.directory.withStore(this.#logger, (store) => installSnapshotFile(store, snapshot, header));
  }

  /** Who was drained or paused before may be all that is left: were it kept from leading, nobody would lead. */
  async #liftSettings(): Promise<RecoveredNode['lifted']> {
    const settings = await this.directory.settings();
    const lifted = (['drained', 'electionsPaused'] as const).filter((key) => settings[key]);
    if (lifted.length > 0) await this.directory.setSettings({ drained: false, electionsPaused: false });
    return lifted;
  }

  #isInstalled(): Promise<boolean> {
    return this.directory.read(({ stored }) => {
      const { truncatedIndex, truncatedTerm } = stored.bounds;
      return truncatedIndex === this.plan.start.index && truncatedTerm === this.plan.start.term;
    });
  }

  #header(): NewSnapshotHeader {
    const { clusterId, stateMachine, createdAt, start } = this.plan;
    const { index, term, confState } = start;
    const { after: incarnation } = this.plan.incarnation;
    const createdMs = Date.parse(createdAt);
    const position = { index, term, confState, configIndex: index };
    return { clusterId, incarnation, stateMachine, ...position, createdMs, bootstrap: undefined };
  }

  #story(): string {
    const { incarnation, start, lost, base } = this.plan;
    const { voters, learners } = start.confState;
    const rest = learners.length === 0 ? '' : `, learners ${learners.join(',')}`;
    const gone = lost.map(({ id }) => id).join(',') || 'nobody';
    return `recovered without a quorum by plan ${shortId(this.options)}: incarnation ${incarnation.before} -> ${incarnation.after}, from node ${base}, voters ${voters.join(',')}${rest}, lost ${gone}`;
  }

  #result(already: boolean, backup: string, lifted: RecoveredNode['lifted']): RecoveredNode {
    const { id, role, isBase } = this.#survivor;
    const { index, term } = this.plan.start;
    const { snapshot } = this.#files;
    const { after: incarnation } = this.plan.incarnation;
    return { id, role, isBase, already, incarnation, index, term, backup, snapshot, lifted };
  }

  #tell(step: RecoveryStep): void {
    this.options.onStep?.(step);
  }

  get #logger(): Logger {
    return this.options.logger ?? silentLogger;
  }
}

/** Enough of a plan's checksum to name it. */
function shortId({ planId }: Pick<RecoveryOptions, 'planId'>): string {
  return planId.slice(0, 12);
}

function survivorOf(plan: RecoveryPlan, { identity }: OfflineDirectory): PlannedSurvivor {
  const survivor = plan.survivors.find(({ id }) => id === identity.nodeId);
  if (survivor !== undefined) return survivor;
  const ids = plan.survivors.map(({ id }) => id).join(', ');
  throw new RaftctlError('E_REFUSED', `the plan is for nodes ${ids}; this is the directory of node ${identity.nodeId}`);
}

function notAsCollected(id: number, fact: string): RaftctlError {
  return new RaftctlError('E_REFUSED', `the data directory of node ${id} is not as it was collected`, {
    facts: [fact],
    hint: 'stop all survivors, then raftctl recover collect and raftctl recover plan again',
  });
}

/** Two plans at once make neither. */
export function otherPlan(path: string, { kind, planId }: Pick<RecoveryNote, 'kind' | 'planId'>): RaftctlError {
  return new RaftctlError('E_REFUSED', `${path} is in the middle of a ${kind} by another plan, ${planId}`, {
    hint: 'finish that one first, or put the copy back that it made',
  });
}
