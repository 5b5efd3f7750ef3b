import type { Member } from '../gen/raftctl/v1/member.js';
import type { MonotonicClock } from './ports.js';

const keptMs = 30_000;
const announcementsMax = 64;

/** Nodes that said where they are and wait to be added. Kept in memory by the leader alone: they say it again every few seconds. */
export class Announcements {
  private readonly byId = new Map<number, { member: Member; atMs: number }>();

  constructor(private readonly clock: MonotonicClock) {}

  add(member: Member): void {
    this.forgetOld();
    if (!this.byId.has(member.id) && this.byId.size >= announcementsMax) return;
    this.byId.set(member.id, { member, atMs: this.clock() });
  }

  get(id: number): Member | undefined {
    this.forgetOld();
    return this.byId.get(id)?.member;
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
