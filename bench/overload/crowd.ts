import { ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { BareCaller, framed } from './bare-caller.js';

/** Connections that are there and give a node nothing to do, until they are let go. */
export interface CrowdOrder {
  readonly kind: 'crowd';
  readonly address: string;
  readonly connections: number;
  /** `idle` ones ask for nothing; `watchers` ask for the status, again and again, and never read it; `halting` ones begin a request and do not go on. */
  readonly doing: 'idle' | 'watchers' | 'halting';
  readonly callsPerConnection: number;
}

/** What became of a crowd. */
export interface CrowdReport {
  /** Connections that the node took, and those that are open now. */
  readonly taken: number;
  readonly open: number;
}

/** A prefix that promises more than follows. */
const halfMessage = framed(Buffer.alloc(9)).subarray(0, 5);

/** A crowd in this process. */
export class Crowd {
  private constructor(private readonly callers: readonly BareCaller[]) {}

  static async gather({ address, connections, doing, callsPerConnection }: CrowdOrder): Promise<Crowd> {
    const opened = await Promise.allSettled(Array.from({ length: connections }, () => BareCaller.open(address)));
    const callers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const caller of callers) {
      for (let call = 0; doing !== 'idle' && call < callsPerConnection && caller.isOpen; call++) {
        const { path } = doing === 'watchers' ? ClusterServiceService.watchStatus : KvServiceService.put;
        const stream = caller.open(path);
        if (doing === 'watchers') stream.end(framed(Buffer.alloc(0)));
        else stream.write(halfMessage);
      }
    }
    return new Crowd(callers);
  }

  report(): CrowdReport {
    return { taken: this.callers.length, open: this.callers.filter((caller) => caller.isOpen).length };
  }

  leave(): void {
    for (const caller of this.callers) caller.close();
  }
}
