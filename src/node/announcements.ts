import type { AnnounceRequest, Member } from '../gen/raftctl/v1/member.js';
import type { SaidFacts } from '../membership/index.js';
import type { MonotonicClock } from './ports.js';

const keptMs = 30_000;
const announcementsMax = 64;

interface Announcement {
  readonly member: Member;
  readonly said: SaidFacts;
  readonly atMs: number;
}

/** Nodes that said where they are and wait to be added. Kept in memory by the leader alone: they say it again every few seconds. */
export class Announcements {
  private readonly byId = new Map<number, Announcement>();

  constructor(
    private readonly clock: MonotonicClock,
    private readonly wallClock: () => number,
  ) {}

  add({ member, version, clusterId, incarnation, diskFreeBytes, wallClockMs, abilities }: AnnounceRequest): void {
    this.forgetOld();
    if (member === undefined || (!this.byId.has(member.id) && this.byId.size >= announcementsMax)) return;
    const clockOffsetMs = wallClockMs === undefined ? undefined : wallClockMs - this.wallClock();
    const said = {
      instance: member.instance,
      version,
      clusterId,
      incarnation,
      diskFreeBytes,
      clockOffsetMs,
      // Who announces itself without a word of them is of a version from before they were told.
      abilities: abilities ?? { features: [], certificateNames: [] },
    };
    this.byId.set(member.id, { member, said, atMs: this.clock() });
  }

  /** What each said of itself. */
  said(): ReadonlyMap<number, SaidFacts> {
    this.forgetOld();
    return new Map([...this.byId].map(([id, { said }]) => [id, said]));
  }

  /** Those that are not among `members`, ascending by id. */
  list(members: readonly Member[]): Member[] {
    this.forgetOld();
    const known = new Set(members.map((member) => member.id));
    return [...this.byId.values()]
      .map(({ member }) => member)
      .filter((member) => !known.has(member.id))
      .sort((a, b) => a.id - b.id);
  }

  private forgetOld(): void {
    const now = this.clock();
    for (const [id, { atMs }] of this.byId) if (now - atMs > keptMs) this.byId.delete(id);
  }
}
