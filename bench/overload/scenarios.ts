import type { CrowdOrder } from './crowd.js';
import type { FloodOrder } from './flood.js';

const KIB = 1024;
const deadlineMs = 60_000;

/** What is done to a leader. */
export interface Scenario {
  readonly name: string;
  /** Who stands about meanwhile. */
  readonly crowd?: Omit<CrowdOrder, 'kind' | 'address'>;
  readonly flood: Omit<FloodOrder, 'kind' | 'address'>;
}

/** As many calls at once as a cluster carries well: what the others are held against. */
const carried = {
  connections: 8,
  callsPerConnection: 16,
  rounds: 30,
  valueBytes: 256,
  reads: 0,
  deadlineMs,
};

export const scenarios: readonly Scenario[] = [
  { name: 'what it carries: 128 writes under way', flood: carried },
  {
    name: 'a burst: 2,000 writes over 200 connections at once',
    flood: { ...carried, connections: 200, callsPerConnection: 10, rounds: 1 },
  },
  {
    name: 'ten times as much: 1,280 writes under way, refused ones repeated at once',
    flood: { ...carried, connections: 80, rounds: 20 },
  },
  {
    name: 'a hundred times as much: 12,800 writes and reads',
    flood: { ...carried, connections: 200, callsPerConnection: 64, rounds: 1, reads: 0.25 },
  },
  {
    name: 'tiny: 1 byte, 2,000 under way',
    flood: { ...carried, connections: 100, callsPerConnection: 20, rounds: 3, valueBytes: 1 },
  },
  {
    name: 'giant: 1 MiB, 400 under way',
    flood: { ...carried, connections: 50, callsPerConnection: 8, rounds: 1, valueBytes: KIB ** 2 - KIB },
  },
  {
    name: 'beside 3,000 connections that ask for nothing',
    crowd: { doing: 'idle', connections: 3000, callsPerConnection: 0 },
    flood: { ...carried, rounds: 10 },
  },
  {
    name: 'beside 500 watchers that never read',
    crowd: { doing: 'watchers', connections: 50, callsPerConnection: 10 },
    flood: { ...carried, rounds: 10 },
  },
  {
    name: 'beside 5,000 requests that never end',
    crowd: { doing: 'halting', connections: 50, callsPerConnection: 100 },
    flood: { ...carried, rounds: 10 },
  },
];
