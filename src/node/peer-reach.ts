import { EventRate } from './event-rate.js';

/** A peer that has gone out of reach, or is in reach again. */
export interface ReachNews {
  readonly id: number;
  readonly reachable: boolean;
  /** Ticks for which it was out of reach; undefined where that was before this leader. */
  readonly ticks: number | undefined;
}

interface Peer {
  connected: boolean;
  /** Tick of its last change, or since when it is watched. */
  since: number;
  /** What was told last. */
  toldReachable: boolean;
  /** When it went out of reach, of what was told last; undefined where an earlier leader told it. */
  lostAt: number | undefined;
  readonly rate: EventRate;
}

/** Times that count, in ticks. */
export interface ReachTicks {
  /** A peer without a link for so long is out of reach. */
  readonly election: number;
  readonly minute: number;
}

/**
 * Which peers are in a leader's reach, for the history: out of it is who has had no link for an election time-out. Past the first two, a
 * peer makes news at most once a minute, and then with what is true at that time: a link that comes and goes does not fill the log.
 */
export class PeerReach {
  private readonly peers = new Map<number, Peer>();

  /** @param lost peers of which the history says last that they are out of reach */
  constructor(
    private readonly ticks: ReachTicks,
    private readonly lost: ReadonlySet<number>,
  ) {}

  /** What is to be told at this tick. Peers that are not among `links` are forgotten. */
  look(tick: number, links: readonly { readonly id: number; readonly connected: boolean }[]): ReachNews[] {
    const news: ReachNews[] = [];
    for (const { id, connected } of links) {
      const peer = this.peers.get(id) ?? this.begin(id, connected, tick);
      if (peer.connected !== connected) {
        peer.connected = connected;
        peer.since = tick;
      }
      const isLost = !connected && tick - peer.since >= this.ticks.election;
      if (peer.toldReachable ? !isLost : !connected) continue;
      if (!peer.rate.take(tick)) continue;
      const lostAt = connected ? peer.lostAt : peer.since;
      news.push({ id, reachable: connected, ticks: lostAt === undefined ? undefined : tick - lostAt });
      peer.toldReachable = connected;
      peer.lostAt = connected ? undefined : peer.since;
    }
    const present = new Set(links.map(({ id }) => id));
    for (const id of this.peers.keys()) if (!present.has(id)) this.peers.delete(id);
    return news;
  }

  private begin(id: number, connected: boolean, tick: number): Peer {
    const peer = {
      connected,
      since: tick,
      toldReachable: !this.lost.has(id),
      lostAt: undefined,
      rate: new EventRate(this.ticks.minute),
    };
    this.peers.set(id, peer);
    return peer;
  }
}
