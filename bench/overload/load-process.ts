import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CrowdOrder, CrowdReport } from './crowd.js';
import type { FloodOrder, FloodReport } from './flood.js';
import type { LeaveOrder } from './generator.js';

/** A load generator in a process of its own. Takes one order at a time. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param program the compiled `generator.js` */
  constructor(program: string) {
    this.#child = fork(program);
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error('the load generator has ended');
    });
    // Who waits for an answer hears of it.
    this.#ended.catch(() => {});
  }

  flood(order: Omit<FloodOrder, 'kind'>): Promise<FloodReport> {
    return this.#ask<FloodReport>({ kind: 'flood', ...order });
  }

  /** Opens connections and keeps them. */
  gather(order: Omit<CrowdOrder, 'kind'>): Promise<CrowdReport> {
    return this.#ask<CrowdReport>({ kind: 'crowd', ...order });
  }

  /** Closes what was kept, and says how many of it were open still. */
  leave(): Promise<CrowdReport> {
    return this.#ask<CrowdReport>({ kind: 'leave' });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await this.#ended.catch(() => {});
  }

  async #ask<Report>(order: FloodOrder | CrowdOrder | LeaveOrder): Promise<Report> {
    const answered = new Promise<{ report?: Report; error?: string }>((resolve) => {
      this.#child.once('message', (message) => resolve(message as { report?: Report; error?: string }));
    });
    this.#child.send(order);
    const answer = await Promise.race([answered, this.#ended]);
    if (answer.report === undefined) throw new Error(answer.error ?? 'the load generator gave no report');
    return answer.report;
  }
}
