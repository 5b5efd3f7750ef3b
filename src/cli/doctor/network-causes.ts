import { formatDuration } from '../units.js';
import { type Examination, type Finding, membersOf, nameOf } from './finding.js';

/** Elections within the hour that are worth a word. */
const electionsMax = 3;
const hourMs = 3_600_000;
/** Election timeouts that a node may hear nothing of another one that runs. */
const silentTimeoutsMax = 2;

/** Links that work one way only or not at all although both ends run, and what comes of a bad network: many elections. */
export function networkCauses(examination: Examination): Finding[] {
  return [...brokenLinks(examination), ...manyElections(examination)];
}

interface Hearing {
  readonly by: number;
  readonly of: number;
  readonly hears: boolean;
  readonly why: string;
}

/** Of members alone: whoever was removed is refused by all, and that is as it should be. */
function hearings({ view, data }: Examination): Hearing[] {
  const members = new Set(membersOf(data).map(({ id }) => id));
  const nodes = view.nodes.filter(({ id, status }) => members.has(id) && status !== undefined);
  const running = new Set(nodes.map(({ id }) => id));
  return nodes.flatMap(({ id: by, status }) => {
    if (status === undefined) return [];
    const limitMs = silentTimeoutsMax * (status.electionTimeoutMs || 1000);
    return status.links
      .filter(({ id }) => running.has(id))
      .map(({ id: of, connected, lastSeenMs, error }) => {
        const silent = lastSeenMs !== undefined && lastSeenMs > limitMs;
        const since = lastSeenMs === undefined ? 'nothing was ever heard' : `silent for ${formatDuration(lastSeenMs)}`;
        return { by, of, hears: connected && !silent, why: error || since };
      });
  });
}

function brokenLinks(examination: Examination): Finding[] {
  const all = hearings(examination);
  const name = (id: number) => nameOf(id, examination.data);
  return all
    .filter(({ hears }) => !hears)
    .flatMap(({ by, of, why }): Finding[] => {
      const back = all.find((other) => other.by === of && other.of === by);
      // Two that do not hear each other are one finding, told of the lower id.
      if (back?.hears === false && by > of) return [];
      const oneWay = back?.hears === true;
      return [
        {
          id: oneWay ? 'one-way-partition' : 'broken-link',
          severity: 'acts-now',
          what: oneWay
            ? `${name(of)} hears ${name(by)}, but ${name(by)} does not hear ${name(of)}`
            : `${name(by)} and ${name(of)} both run and do not hear each other`,
          evidence: [
            `${name(by)} of ${name(of)}: ${why}`,
            ...(back && !back.hears ? [`${name(of)} of ${name(by)}: ${back.why}`] : []),
          ],
          next: [`raftctl node show ${by}`, `raftctl node show ${of}`],
          nodes: [by, of],
        },
      ];
    });
}

function manyElections({ events = [], now, data }: Examination): Finding[] {
  const recent = events.filter(({ cause, atMs }) => cause === 'elected' && atMs > now.getTime() - hourMs);
  if (recent.length <= electionsMax) return [];
  return [
    {
      id: 'many-elections',
      severity: 'warning',
      what: `${recent.length} elections within the hour: leaders are lost again and again`,
      evidence: recent
        .slice(-electionsMax)
        .map(({ atMs, text }) => `${formatDuration(now.getTime() - atMs)} ago: ${text}`),
      next: ['raftctl leader history', 'raftctl cluster history --type health,leader'],
      nodes: data.leader === null ? [] : [data.leader.id],
    },
  ];
}
