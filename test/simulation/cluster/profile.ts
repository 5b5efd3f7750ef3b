import { type Random, randomInt } from '../../../src/base/random.js';
import { defaultNodeConfig, type NodeConfig } from '../../../src/node/node-config.js';
import type { ClientSettings } from './client.js';
import type { FaultName } from './faults.js';
import type { DiskSpeed } from './machine.js';
import { GOOD_NETWORK, type NetworkQuality } from './network.js';

/** What a run is made of; all of it follows from the seed and the name of the profile. */
export interface Profile {
  readonly machine: 'kv' | 'register';
  /** Voters at the beginning, with the ids from 1 on. */
  readonly voters: number;
  readonly nodes: number;
  readonly clients: number;
  /** Clients that mostly read, from any node. */
  readonly readers: number;
  /** Virtual milliseconds of chaos. */
  readonly chaosMs: number;
  /** Milliseconds between two faults, about; 0: none. */
  readonly faultEveryMs: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** Milliseconds within which somebody repairs what a fault has done; 0: nobody does, but for the faults that heal. */
  readonly repairedWithinMs: number;
  /** Milliseconds between two things that an operator does, about; 0: nothing. */
  readonly operatorEveryMs: number;
  readonly changesMembers: boolean;
  readonly network: NetworkQuality;
  readonly disk: DiskSpeed;
  /** Rates of the nodes' clocks lie between these. */
  readonly clockRates: readonly [slowest: number, fastest: number];
  readonly config: NodeConfig;
  readonly client: ClientSettings;
}

const NETWORK_FAULTS = {
  partition: 3,
  'leader cut off': 3,
  'one-way partition': 2,
  'link cut': 3,
  'link clogged': 2,
  heal: 8,
  'link healed': 3,
  'transfer into a cut link': 2,
};
const PROCESS_FAULTS = { 'process crash': 6, 'process start': 14, 'process pause': 4, 'all processes crash': 1 };
const DISK_FAULTS = {
  'disk stall': 4,
  'disk full': 2,
  'flush failure': 3,
  'bit flip': 3,
  'bit flip near the end of the log': 2,
};
const WIPE = { 'disk wiped': 1, 'taken over by another cluster': 1 };
const CLOCK_FAULTS = { 'wall clock jump': 2 };

/** Names of the profiles, and which faults they have. `swarm` leaves each class out at times, so that no class hides another. */
const FAULTS_OF = {
  swarm: { ...NETWORK_FAULTS, ...PROCESS_FAULTS, ...DISK_FAULTS, ...CLOCK_FAULTS, ...WIPE },
  network: NETWORK_FAULTS,
  process: PROCESS_FAULTS,
  disk: { ...DISK_FAULTS, ...PROCESS_FAULTS },
  clock: { ...CLOCK_FAULTS, 'process pause': 4, 'leader cut off': 2, heal: 4 },
  reads: { 'leader cut off': 4, 'leader silenced': 3, 'leader pause': 2, 'disk stall': 1, heal: 6 },
  members: { ...NETWORK_FAULTS, ...PROCESS_FAULTS, ...WIPE },
  snapshots: {
    'leader cut off': 2,
    heal: 8,
    'process crash': 1,
    'process start': 4,
    'disk stall': 3,
    'node left behind': 20,
  },
  calm: {},
  long: { ...NETWORK_FAULTS, ...PROCESS_FAULTS, ...DISK_FAULTS, ...CLOCK_FAULTS, ...WIPE },
} satisfies Record<string, Partial<Record<FaultName, number>>>;

export type ProfileName = keyof typeof FAULTS_OF;
export const PROFILES = Object.keys(FAULTS_OF) as readonly ProfileName[];

/** Names that stand for more than one profile. `all`: four long runs to each of the dense ones of `mix`. */
export const MIXTURES = ['mix', 'all'] as const;

/** The profile of a seed. @param name of a profile, or of a mixture */
export function profileOf(seed: number, name: ProfileName | (typeof MIXTURES)[number] = 'mix'): ProfileName {
  if (name === 'all') return seed % 5 === 0 ? profileOf(seed / 5) : 'long';
  return name === 'mix' ? (MIX[seed % MIX.length] ?? 'swarm') : name;
}

const MIX: readonly ProfileName[] = [
  'swarm',
  'network',
  'members',
  'swarm',
  'process',
  'disk',
  'swarm',
  'members',
  'clock',
  'reads',
  'snapshots',
];

/** Virtual seconds of chaos of a run, where none were named. */
export function secondsOf(name: ProfileName): number {
  return name === 'long' ? 1150 : 15;
}

/** Draws the settings of a run. */
export function drawProfile(random: Random, name: ProfileName, chaosMs: number): Profile {
  const profile = drawAny(random, name, chaosMs);
  if (name === 'long') return forMonths(profile, random);
  if (name === 'snapshots') return forSnapshots(profile);
  return name === 'reads' ? forReads(profile) : profile;
}

/** Logs that are cut off soon, slow disks that have much to apply, and snapshots that come more than once. */
function forSnapshots(profile: Profile): Profile {
  const { config, client, network } = profile;
  return {
    ...profile,
    voters: Math.max(3, profile.voters),
    nodes: Math.max(4, profile.nodes),
    clients: 8,
    faultEveryMs: 400,
    network: { ...network, repeatTransfer: 0.8, noticeMs: 300 },
    disk: { writeMs: 0.1, flushMs: 60 },
    config: {
      ...config,
      snapshotEntries: 10,
      keepEntries: 0,
      applyBytesPerTurnMax: 1,
      writesInFlightMax: 1,
      messageBytesMax: 4096,
      inflightMessagesMax: 256,
      uncommittedBytesMax: 64 * 1024 * 1024,
    },
    client: { ...client, thinkMs: 20 },
  };
}

/**
 * What months of a real cluster are like: nodes far from each other, with the time-outs that this takes, a call every few seconds, and long peace
 * between things that go wrong and that somebody sees to.
 */
function forMonths(profile: Profile, random: Random): Profile {
  const oneOf = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length)] as T;
  const voters = oneOf(3, 3, 3, 3, 4, 5, 5, 7);
  return {
    ...profile,
    voters,
    nodes: Math.min(8, voters + oneOf(0, 0, 1, 2)),
    clients: oneOf(1, 2),
    readers: 0,
    faultEveryMs: oneOf(20_000, 60_000, 120_000),
    repairedWithinMs: oneOf(10_000, 40_000, 180_000),
    operatorEveryMs: oneOf(0, 60_000, 180_000),
    network: { ...profile.network, latencyMs: oneOf(20, 80), jitterMs: oneOf(5, 50), noticeMs: oneOf(3000, 15_000) },
    config: {
      ...profile.config,
      tickMs: 1000,
      snapshotEntries: oneOf(10, 30, 100),
      catchUpStallMs: 30_000,
    },
    client: {
      ...profile.client,
      thinkMs: oneOf(4000, 15_000),
      patienceMs: oneOf(15_000, 60_000),
      attemptMs: oneOf(2000, 8000),
      pauseMs: 2000,
      keyMs: oneOf(60_000, 300_000),
    },
  };
}

/** Slow ways, late copies, and many who read what has just been written, while leaders come and go. */
function forReads(profile: Profile): Profile {
  return {
    ...profile,
    machine: 'kv',
    voters: Math.max(3, profile.voters),
    nodes: Math.max(3, profile.voters),
    readers: 4,
    operatorEveryMs: 0,
    network: {
      latencyMs: 5,
      jitterMs: 30,
      lose: 0,
      duplicate: 0.02,
      replay: 0.2,
      delay: 0.02,
      repeatTransfer: 0,
      noticeMs: 6000,
    },
    client: { ...profile.client, thinkMs: 60, keys: 1, keyMs: 3000, lose: 0 },
  };
}

function drawAny(random: Random, name: ProfileName, chaosMs: number): Profile {
  const chance = (probability: number) => random() < probability;
  const oneOf = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length)] as T;
  const isCalm = name === 'calm';
  const voters = oneOf(1, 2, 3, 3, 3, 3, 4, 5, 5, 7);
  const isWildClock = name === 'clock' ? chance(0.5) : chance(0.15);
  return {
    machine: chance(0.25) ? 'register' : 'kv',
    voters,
    nodes: Math.min(8, voters + (name === 'members' ? 3 : oneOf(0, 1, 2, 3))),
    clients: oneOf(2, 3, 4),
    readers: oneOf(0, 1, 2),
    chaosMs,
    faultEveryMs: isCalm ? 0 : oneOf(150, 400, 800, 2000),
    faults: isCalm ? {} : swarm(random, FAULTS_OF[name], name === 'swarm' || name === 'long'),
    repairedWithinMs: 0,
    operatorEveryMs: name === 'members' ? oneOf(300, 1000) : oneOf(0, 400, 1500, 4000),
    changesMembers: name === 'members' || chance(0.6),
    network: isCalm ? GOOD_NETWORK : drawNetwork(random, name),
    disk: { writeMs: oneOf(0.1, 1), flushMs: oneOf(0.5, 2, 5, 20, 60) },
    // A lease stands up to clocks that differ by a tenth; beyond that nobody may ask for one.
    clockRates: isWildClock ? [0.5, 2] : oneOf<[number, number]>([1, 1], [0.96, 1.05]),
    config: drawConfig(random),
    client: {
      thinkMs: oneOf(100, 300, 1000),
      patienceMs: oneOf(3000, 10_000),
      attemptMs: oneOf(500, 2500),
      pauseMs: 200,
      leaseReads: !isWildClock && chance(0.5),
      keyMs: oneOf(3000, 8000),
      keys: oneOf(1, 1, 2),
      lose: isCalm ? 0 : oneOf(0, 0.02, 0.1),
    },
  };
}

function swarm<T extends object>(random: Random, faults: T, leavesOut: boolean): Partial<T> {
  const kept = Object.entries(faults).filter(([name]) => !leavesOut || name === 'process start' || random() < 0.7);
  const all: Partial<T> = {};
  return Object.assign(all, Object.fromEntries(kept));
}

function drawNetwork(random: Random, name: ProfileName): NetworkQuality {
  const oneOf = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length)] as T;
  const isBad = name === 'network' || random() < 0.5;
  return {
    latencyMs: oneOf(0.2, 1, 10),
    jitterMs: oneOf(0, 2, 30),
    lose: isBad ? oneOf(0, 0.01, 0.1, 0.25) : 0,
    duplicate: isBad ? oneOf(0, 0.02, 0.1) : 0,
    replay: isBad ? oneOf(0, 0.01, 0.05) : 0,
    delay: isBad ? oneOf(0, 0.01, 0.05) : 0,
    repeatTransfer: isBad ? 0.2 : 0,
    noticeMs: oneOf(300, 1000, 6000),
  };
}

function drawConfig(random: Random): NodeConfig {
  const oneOf = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length)] as T;
  const messageBytesMax = oneOf(1, 300, 4096, 256 * 1024);
  return {
    ...defaultNodeConfig,
    electionTicks: 10,
    heartbeatTicks: oneOf(1, 1, 2),
    snapshotEntries: oneOf(10, 30, 100, 100_000),
    keepEntries: oneOf(0, 3, 20),
    messageBytesMax,
    inflightMessagesMax: oneOf(1, 2, 8, 256),
    uncommittedBytesMax: oneOf(600, 64 * 1024 * 1024, 64 * 1024 * 1024),
    applyBytesPerTurnMax: oneOf(1, 500, 512 * 1024),
    writesInFlightMax: oneOf(1, 2, 4),
    maxLagEntries: oneOf(0, 5, 1000),
    catchUpStallMs: 5000,
  };
}
