import { open, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { type Logger, silentLogger } from '../base/logger.js';
import type { RestoredNode, RestorePlan, RestoreResult } from '../recovery/index.js';
import {
  copyDataDirectory,
  exists,
  installSnapshotFile,
  type RecoveryNote,
  RestoredDirectory,
  readRecoveryNote,
  refuseRetiredId,
  verifySnapshotFile,
  writeRecoveryNote,
} from '../storage/offline.js';
import { otherPlan } from './offline-recovery.js';
import { readRestorable, writeRestored } from './restored-snapshot.js';

/** What is done, in this order; each is told before it begins. */
export type RestoreStep = 'check' | 'build' | 'copy' | 'begin' | 'install' | 'end';

export interface RestoreOptions {
  readonly dataDir: string;
  /** The snapshot file that the plan is of. */
  readonly file: string;
  /** Checksum of the plan file: by it a run that was torn is known again. */
  readonly planId: string;
  /** Whose directory it is to be; needed where it is empty. */
  readonly nodeId: number | undefined;
  /** Folder for the copy. Default: the one that the data directory is in. */
  readonly backupDir: string | undefined;
  readonly onStep?: (step: RestoreStep) => void;
  readonly logger?: Logger;
}

/**
 * Carries a restore out on one node: its data directory becomes one that begins with the snapshot of the plan, in the new incarnation. What
 * was there is copied first. The new database is made aside, and takes the place of the old one in one step.
 *
 * A note in the directory says that it was begun: whatever a crash leaves, a node does not start on it, and the same command finishes it.
 *
 * @throws RaftctlError with nothing changed: E_REFUSED where the plan, the file and the directory do not belong together, E_DATA_DIR_LOCKED
 * while the node runs, E_CORRUPT where the file is damaged
 */
export async function applyRestore(plan: RestorePlan & RestoreResult, options: RestoreOptions): Promise<RestoredNode> {
  const directory = await RestoredDirectory.open(options.dataDir);
  try {
    return await new Restoring(plan, options, directory).run();
  } finally {
    await directory.removeAside();
    await directory.close();
  }
}

class Restoring {
  readonly #path: string;
  readonly #logger: Logger;

  constructor(
    private readonly plan: RestorePlan & RestoreResult,
    private readonly options: RestoreOptions,
    private readonly directory: RestoredDirectory,
  ) {
    this.#path = resolve(options.dataDir);
    this.#logger = options.logger ?? silentLogger;
  }

  async run(): Promise<RestoredNode> {
    const { planId } = this.options;
    const note = await readRecoveryNote(this.#path);
    if (note?.state === 'begun' && note.planId !== planId) throw otherPlan(this.#path, note);
    const member = this.#member();
    if (note?.planId === planId && note.state === 'done') return this.#result(member, note.backup, true);
    this.#tell('check');
    await this.#checkFile();
    if (note?.state !== 'begun') await this.#checkDirectory(member.id);
    this.#tell('build');
    const built = await this.#build(member.id);
    const backup = note?.state === 'begun' ? note.backup : await this.#begin();
    this.#tell('install');
    await this.directory.install(built);
    this.#tell('end');
    await writeRecoveryNote(this.#path, this.#note('done', backup));
    return this.#result(member, backup, false);
  }

  /** All is ready: from here on a node does not start until the end is reached. @returns where the directory was copied to; empty where it was empty */
  async #begin(): Promise<string> {
    let backup = '';
    if (this.directory.identity !== undefined) {
      this.#tell('copy');
      backup = await this.#freeBackupPath();
      await copyDataDirectory(this.#path, backup);
    }
    this.#tell('begin');
    await writeRecoveryNote(this.#path, this.#note('begun', backup));
    return backup;
  }

  /** Which of the plan's members this directory is, or is to be, of. */
  #member(): RestorePlan['members'][number] {
    const own = this.directory.identity?.nodeId;
    const { nodeId } = this.options;
    if (own !== undefined && nodeId !== undefined && own !== nodeId) {
      throw new RaftctlError('E_REFUSED', `${this.#path} is the directory of node ${own}, not of node ${nodeId}`);
    }
    const id = own ?? nodeId;
    const ids = this.plan.members.map((member) => member.id).join(', ');
    if (id === undefined) {
      const message = `${this.#path} is empty: of which node is it to be?`;
      throw new RaftctlError('E_USAGE', message, { hint: `--id, one of ${ids}` });
    }
    const member = this.plan.members.find((candidate) => candidate.id === id);
    if (member !== undefined) return member;
    throw new RaftctlError('E_REFUSED', `the plan is for nodes ${ids}, not for node ${id}`);
  }

  /** A name that nothing has: a run that was torn before it had begun may have left a copy of what the directory was then. */
  async #freeBackupPath(): Promise<string> {
    const stem = join(resolve(this.options.backupDir ?? dirname(this.#path)), basename(this.#path));
    const first = `${stem}.restore-${this.options.planId.slice(0, 12)}.backup`;
    let path = first;
    for (let number = 2; await exists(path); number++) path = `${first}-${number}`;
    return path;
  }

  async #checkDirectory(id: number): Promise<void> {
    await refuseRetiredId(this.#path, id);
    const { plan, directory } = this;
    if (directory.identity === undefined) return;
    const { clusterId, incarnation, nodeId } = directory.identity;
    if (clusterId !== '' && clusterId !== plan.clusterId) {
      const message = `${this.#path} is of cluster ${clusterId}, the plan restores ${plan.clusterId}`;
      throw new RaftctlError('E_REFUSED', message, { hint: 'name an empty directory, and --id' });
    }
    if (incarnation <= plan.incarnation.before) return;
    const known = `the plan knows of no later one than ${plan.incarnation.before}`;
    throw new RaftctlError('E_REFUSED', `node ${nodeId} is of incarnation ${incarnation}: ${known}`, {
      hint: `make the plan again, with --latest-incarnation ${incarnation}`,
    });
  }

  async #checkFile(): Promise<void> {
    const { file } = this.options;
    const { sha256 } = await readRestorable(file);
    if (sha256 === this.plan.snapshot.sha256) return;
    throw new RaftctlError('E_REFUSED', `${file} is not the snapshot of this plan`, {
      facts: [`sha256 of the file: ${sha256}`, `of the plan: ${this.plan.snapshot.sha256}`],
    });
  }

  /** Makes the new directory aside. @returns its folder */
  async #build(id: number): Promise<string> {
    const { plan, options } = this;
    const folder = await this.directory.emptyAside();
    const file = join(folder, 'restored.snap');
    const handle = await open(file, 'wx', 0o600);
    try {
      const sha256 = await writeRestored(options.file, plan, handle);
      if (sha256 !== plan.resultSha256) {
        throw new RaftctlError('E_REFUSED', 'this version makes another state of the snapshot than the plan says', {
          hint: 'carry the plan out with the version that made it, on all nodes',
        });
      }
    } finally {
      await handle.close();
    }
    const { header } = await verifySnapshotFile(file);
    await this.directory.fill(
      folder,
      { nodeId: id, stateMachine: plan.stateMachine, logger: this.#logger },
      async (store) => {
        await store.adopt(plan.clusterId, plan.stateMachine, plan.incarnation.after);
        await installSnapshotFile(store, file, header);
      },
    );
    await rm(file);
    return folder;
  }

  #note(state: RecoveryNote['state'], backup: string): RecoveryNote {
    return { kind: 'restore', planId: this.options.planId, state, backup };
  }

  #result({ id, role, address }: RestorePlan['members'][number], backup: string, already: boolean): RestoredNode {
    const { index, term } = this.plan.start;
    return {
      id,
      role,
      address,
      already,
      incarnation: this.plan.incarnation.after,
      index,
      term,
      backup: backup || null,
    };
  }

  #tell(step: RestoreStep): void {
    this.options.onStep?.(step);
  }
}
