import type { NodeContext } from './node-context.js';
import type { NodeSettings } from './ports.js';

/**
 * Whether this node stands for election. It does not while it is drained or its elections are paused, which lasts over restarts, nor for a
 * while after it stepped down, which does not. Its core is told, and so are its peers, lest a leader hands over to it in vain.
 */
export class Candidacy {
  /** Tick from which on it campaigns again. */
  private coolUntil = 0;
  /** Writes of settings are one after the other. */
  private saving: Promise<void> = Promise.resolve();

  constructor(private readonly context: NodeContext) {}

  get settings(): NodeSettings {
    return this.context.options.store.settings;
  }

  /** Milliseconds, in ticks, for which it still does not campaign after it stepped down. */
  get cooldownMs(): number {
    const ticks = Math.max(0, this.coolUntil - this.context.ticks);
    return Number.isFinite(ticks) ? ticks * this.context.options.config.tickMs : 0;
  }

  /** Changes settings. They are flushed and in force when it resolves. @throws RaftctlError E_DISK; then they are as they were */
  save(change: Partial<NodeSettings>): Promise<void> {
    const { store } = this.context.options;
    const saved = this.saving.then(async () => {
      await store.saveSettings({ ...store.settings, ...change });
      this.enforce();
    });
    this.saving = saved.catch(() => {});
    return saved;
  }

  /** Does not campaign until `coolDown` says for how long. */
  hold(): void {
    this.coolUntil = Number.POSITIVE_INFINITY;
    this.enforce();
  }

  /** Does not campaign for so long from now on, in milliseconds; 0: campaigns like others. */
  coolDown(ms: number): void {
    this.coolUntil = this.context.ticks + Math.ceil(ms / this.context.options.config.tickMs);
    this.enforce();
  }

  /** Tells the core and the peers what holds, where they do not know it. Called before anything reaches a new core, and at each tick. */
  enforce(): void {
    const { core, options, ticks, wake } = this.context;
    const { drained, electionsPaused } = this.settings;
    const campaigns = !drained && !electionsPaused && ticks >= this.coolUntil;
    if (core.raft.campaigns === campaigns) return;
    core.knobs.setCampaigns(campaigns);
    options.transport.announceIntent();
    wake();
  }
}
