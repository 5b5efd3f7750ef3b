import { features } from '../../src/base/features.js';
import { PromoteWhen } from '../../src/gen/raftctl/v1/member.js';
import type { PlanningFacts, SaidFacts } from '../../src/membership/index.js';
import type { CheckRow } from './node-check-rows.js';

const three = { voters: [1, 2, 3] };
const fourth = { learners: [4], peers: [4] };
const spare = { ...fourth, keepSpare: true };
const manual = { promotion: { when: PromoteWhen.MANUAL, voterDownMs: 0 } };
const all = [...features];

const saying = (said: Record<number, SaidFacts>): Partial<PlanningFacts> => ({
  said: new Map(Object.entries(said).map(([id, facts]) => [Number(id), facts])),
});
const knows = (...known: string[]): SaidFacts => ({
  version: '0.2.0',
  abilities: { features: known, certificateNames: [] },
});

/** TLS, as far as these rows need it: a certificate is for the addresses that it names. */
const overTls: Partial<PlanningFacts> = {
  certificateMismatch: (address, names) => (names.includes(address) ? undefined : 'no such name'),
};
const shows = (...certificateNames: string[]): SaidFacts => ({ abilities: { features: all, certificateNames } });

/** Verdicts on what nodes can do: understand the log, and be dialled. */
export const abilityCheckRows: CheckRow[] = [
  ['feature-compat', three, {}, fourth, 'ok: 4 said nothing of it yet'],
  ['feature-compat', three, {}, { voters: [1, 3] }, 'ok: 0 new nodes, with the 3 features that the cluster uses'],
  [
    'feature-compat',
    three,
    saying({ 4: knows(...all) }),
    fourth,
    'ok: 1 new node, with the 3 features that the cluster uses',
  ],
  [
    'feature-compat',
    three,
    saying({ 4: knows('control-entries', 'promotion-policies') }),
    fourth,
    'fail: n4 (0.2.0) does not understand election-votes, which the cluster uses: upgrade first',
  ],
  // In the middle of a rolling upgrade nobody writes what one of the old ones would not understand, and another old one may come.
  [
    'feature-compat',
    three,
    saying({ 2: knows('control-entries'), 4: knows('control-entries') }),
    { learners: [4], peers: [4] },
    'ok: 1 new node, with the 1 feature that the cluster uses',
  ],
  [
    'feature-compat',
    three,
    saying({ 2: knows('control-entries'), 4: knows(...all) }),
    spare,
    'fail: n2 (0.2.0) does not understand promotion-policies, which this change writes: upgrade first',
  ],
  [
    'feature-compat',
    { voters: [1, 2, 3], learners: [4] },
    saying({ 3: knows() }),
    { voters: [1, 2, 3, 4], ...manual },
    'fail: n3 (0.2.0) does not understand promotion-policies, which this change writes: upgrade first',
  ],

  [
    'learner-ready',
    { voters: [1, 2, 3], learners: [4] },
    { live: new Set([1, 2, 3]) },
    { voters: [1, 2, 3, 4], ...manual },
    'ok: n4 is not live: the change waits until it is ready',
  ],

  ['tls-identity', three, saying({ 4: shows('elsewhere') }), fourth, 'ok: the nodes speak in plain text'],
  ['tls-identity', three, overTls, { voters: [1, 3] }, 'ok: 0 certificates compared with the address'],
  [
    'tls-identity',
    three,
    { ...overTls, ...saying({ 4: shows('10.0.0.4:7400') }) },
    { learners: [4, 5], peers: [4, 5] },
    'ok: 1 certificate compared with the address; 5 said nothing of it yet',
  ],
  [
    'tls-identity',
    three,
    { ...overTls, ...saying({ 4: shows('DNS:n9.example', 'IP Address:10.0.0.9') }) },
    fourth,
    'fail: the certificate of n4 is for DNS:n9.example, IP Address:10.0.0.9, not for 10.0.0.4:7400',
  ],
  [
    'tls-identity',
    three,
    { ...overTls, ...saying({ 4: shows() }) },
    fourth,
    'fail: the certificate of n4 has no names, not for 10.0.0.4:7400',
  ],
  // A member that stays where it is was dialled there before.
  [
    'tls-identity',
    three,
    { ...overTls, ...saying({ 3: shows('elsewhere') }) },
    { voters: [1, 3] },
    'ok: 0 certificates compared with the address',
  ],
];
