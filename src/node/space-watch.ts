import { RaftctlError } from '../base/errors.js';
import type { SpaceStatus } from '../gen/raftctl/v1/cluster.js';
import { SpaceLevel } from '../gen/raftctl/v1/member.js';
import type { NodeConfig } from './node-config.js';
import type { NodeOptions } from './node-options.js';

/** A level is left for a better one when there is this share of its bound more: a disk at the bound would make the node dither. */
const leavingShare = 1 / 8;

const makeRoom = 'make room on the disk: the node goes on by itself; meanwhile: raftctl alarm list';

type Reserves = Pick<NodeConfig, 'spaceReserveBytes' | 'appendReserveBytes'>;

/**
 * How a disk with so much room is to be treated.
 * @param before the level that it was at
 */
export function spaceLevel(freeBytes: number, before: SpaceLevel, reserves: Reserves): SpaceLevel {
  const isBelow = (bound: number, level: SpaceLevel) =>
    freeBytes < (before >= level ? Math.ceil(bound * (1 + leavingShare)) : bound);
  if (isBelow(reserves.appendReserveBytes, SpaceLevel.FULL)) return SpaceLevel.FULL;
  return isBelow(reserves.spaceReserveBytes, SpaceLevel.LOW) ? SpaceLevel.LOW : SpaceLevel.AMPLE;
}

/**
 * Whether the node's own disk has room. Where it has less than `spaceReserveBytes` the node takes no proposals, and does not want to lead;
 * where it has less than `appendReserveBytes` it acknowledges no entries either. It votes and reads at any level: what these write fits
 * into the reserve. Who does not know how much is free takes it for enough: a write that fails ends the node.
 */
export class SpaceWatch {
  private current = SpaceLevel.AMPLE;
  private freeBytes: number | undefined;
  private sinceMs: number | undefined;

  constructor(private readonly options: Pick<NodeOptions, 'id' | 'store' | 'config' | 'wallClock' | 'logger'>) {
    this.look();
  }

  get level(): SpaceLevel {
    return this.current;
  }

  /** Whether there is room for entries of a leader. */
  get hasRoomForEntries(): boolean {
    return this.current !== SpaceLevel.FULL;
  }

  /** @throws RaftctlError E_NO_SPACE where a file of so many bytes would take what is kept for entries */
  requireRoomFor(bytes: number): void {
    const { id, config } = this.options;
    if (this.freeBytes === undefined || this.freeBytes - bytes >= config.appendReserveBytes) return;
    const reserve = `its reserve of ${config.appendReserveBytes}`;
    throw new RaftctlError(
      'E_NO_SPACE',
      `node ${id} takes no snapshot of about ${bytes} bytes: its disk has ${this.freeBytes} bytes free, ${reserve} included`,
      { retryable: true, hint: makeRoom },
    );
  }

  /** Looks at the disk; whether it is at another level now. */
  look(): boolean {
    const { store, config, wallClock, logger } = this.options;
    this.freeBytes = store.freeBytes();
    if (this.freeBytes === undefined) return false;
    const level = spaceLevel(this.freeBytes, this.current, config);
    if (level === this.current) return false;
    const facts = { freeBytes: this.freeBytes, reserveBytes: this.reserveOf(level) };
    if (level > this.current) logger.warn(takesNoMore[level], facts);
    else logger.info(level === SpaceLevel.AMPLE ? 'the disk has room again' : takesNoMore[level], facts);
    this.current = level;
    this.sinceMs = wallClock();
    return true;
  }

  report(): SpaceStatus {
    const { spaceReserveBytes: reserveBytes, appendReserveBytes } = this.options.config;
    return { level: this.current, freeBytes: this.freeBytes, reserveBytes, appendReserveBytes, sinceMs: this.sinceMs };
  }

  /** Why a proposal is not taken at this level. */
  error(): RaftctlError {
    const { id, store } = this.options;
    const free = `${this.freeBytes ?? 0} bytes free`;
    return new RaftctlError(
      'E_NO_SPACE',
      `the disk of node ${id} has ${free}, less than its reserve of ${this.reserveOf(this.current)}: it takes no writes`,
      {
        retryable: true,
        facts: [`data directory: ${store.status().dataDir}`],
        hint: makeRoom,
      },
    );
  }

  private reserveOf(level: SpaceLevel): number {
    const { spaceReserveBytes, appendReserveBytes } = this.options.config;
    return level === SpaceLevel.FULL ? appendReserveBytes : spaceReserveBytes;
  }
}

const takesNoMore: Record<SpaceLevel, string> = {
  [SpaceLevel.UNSPECIFIED]: '',
  [SpaceLevel.AMPLE]: '',
  [SpaceLevel.LOW]: 'the disk has little room: the node takes no proposals',
  [SpaceLevel.FULL]: 'the disk is all but full: the node acknowledges no more entries',
};
