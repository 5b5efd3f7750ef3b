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
const DISK_FAULTS = { 'disk stall': 4, 'disk full': 2, 'flush failure': 3, 'bit flip': 3 };
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
  calm: {},
} satisfies Record<string, Partial<Record<FaultName, number>>>;

export type ProfileName = keyof typeof FAULTS_OF;
export const PROFILES: readonly string[] = Object.keys(FAULTS_OF);

/** The profile of a seed, where none was named. */
export function profileOf(seed: number): ProfileName {
  return MIX[seed % MIX.length] ?? 'swarm';
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
];

export function isProfileName(name: string): name is ProfileName {
  return PROFILES.includes(name);
}

/** Draws the settings of a run. */
export function drawProfile(random: Random, name: ProfileName, chaosMs: number): Profile {
  const profile = drawAny(random, name, chaosMs);
  return name === 'reads' ? forReads(profile) : profile;
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
    network: { latencyMs: 5, jitterMs: 30, lose: 0, duplicate: 0.02, replay: 0.2, delay: 0.02, noticeMs: 6000 },
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
    faults: isCalm ? {} : swarm(random, FAULTS_OF[name], name === 'swarm'),
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
