import { statfs } from 'node:fs/promises';
import type { Logger } from '../base/logger.js';

/** Free bytes of the file system that a folder is on. */
export type FreeBytes = (folder: string) => Promise<number>;

/** As the system says: what anybody may use, without what it keeps for root. */
const freeOnFileSystem: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/**
 * Free bytes of the data directory's file system. Asked in the background: a hung disk must not block whoever wants to know.
 *
 * Between two looks the node goes on writing. What it has queued since the look before the last one counts as gone, in full: a burst is
 * seen when it is queued, and not when the disk is full. Pages that the database uses again are counted too, which errs on the safe side.
 */
export class DiskSpace {
  #answered: number | undefined;
  #asking = false;
  /** Bytes queued since the last question was asked, and between the one before and it: those may not have been on disk by then. */
  #queuedSince = 0;
  #queuedBefore = 0;
  #complained = false;

  constructor(
    private readonly dataDir: string,
    private readonly logger: Logger,
    private readonly ask: FreeBytes = freeOnFileSystem,
  ) {}

  /** As of the last answer, without what was queued since; undefined where there is none. Asks for the next one. */
  freeBytes(): number | undefined {
    void this.refresh();
    if (this.#answered === undefined) return undefined;
    return Math.max(0, this.#answered - this.#queuedBefore - this.#queuedSince);
  }

  /** So many bytes are on their way to the disk. */
  onQueued(bytes: number): void {
    this.#queuedSince += bytes;
  }

  /** Resolves when there is an answer. */
  async refresh(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const queued = this.#queuedSince;
    try {
      this.#answered = await this.ask(this.dataDir);
      this.#queuedBefore = queued;
      this.#queuedSince -= queued;
      this.#complained = false;
    } catch (thrown) {
      if (!this.#complained) this.logger.warn('the free space of the disk is not known', { reason: String(thrown) });
      this.#complained = true;
    } finally {
      this.#asking = false;
    }
  }
}
