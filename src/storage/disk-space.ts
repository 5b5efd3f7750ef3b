import { statfs } from 'node:fs/promises';
import type { Logger } from '../base/logger.js';

/** Free bytes of the data directory's file system. Asked in the background: a hung disk must not block whoever wants to know. */
export class DiskSpace {
  #freeBytes = 0;
  #asking = false;

  constructor(
    private readonly dataDir: string,
    private readonly logger: Logger,
  ) {}

  /** As of the last answer; asks for the next one. */
  freeBytes(): number {
    void this.refresh();
    return this.#freeBytes;
  }

  /** Resolves when there is an answer. */
  async refresh(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const { bavail, bsize } = await statfs(this.dataDir);
      this.#freeBytes = bavail * bsize;
    } catch (thrown) {
      this.logger.warn('the free space of the disk is not known', { reason: String(thrown) });
    } finally {
      this.#asking = false;
    }
  }
}
