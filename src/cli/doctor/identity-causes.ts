import { type Examination, type Finding, membersOf } from './finding.js';

/** Nodes that are not who they should be: of another cluster, removed, without their data, of another version. */
export function identityCauses(examination: Examination): Finding[] {
  return [
    ...strangers(examination),
    ...wipedNodes(examination),
    ...removedNodes(examination),
    ...versionSkew(examination),
  ];
}

function strangers({ view, data }: Examination): Finding[] {
  return view.strangers.map(({ address, id, clusterId, incarnation }): Finding => {
    const member = data.nodes.find((node) => node.address === address || node.id === id);
    const nodes = member === undefined ? [] : [member.id];
    if (clusterId === '') {
      const what = `node ${id} at ${address} belongs to no cluster, and is a member of this one: its data is gone`;
      return {
        id: 'wiped-node',
        severity: 'acts-now',
        what: member === undefined ? `node ${id} at ${address} belongs to no cluster` : what,
        evidence: [`it was started with an empty data directory`],
        next:
          member === undefined
            ? ['raftctl member add --help']
            : [`raftctl member replace ${member.id} --with HOST:PORT`],
        nodes,
      };
    }
    const other =
      clusterId === view.clusterId
        ? `incarnation ${incarnation}, not ${view.incarnation}`
        : `cluster ${clusterId}, not ${view.clusterId}`;
    return {
      id: clusterId === view.clusterId ? 'other-incarnation' : 'other-cluster',
      severity: 'acts-now',
      what: `node ${id} at ${address} is of ${other.split(',')[0]}`,
      evidence: [other],
      next: ['correct --endpoints, or stop that node'],
      nodes,
    };
  });
}

/** Peers refuse a node that has come back with another data directory than the one that the cluster knows of it. */
function wipedNodes({ view, data }: Examination): Finding[] {
  return membersOf(data).flatMap(({ id, name }): Finding[] => {
    const node = view.nodes.find((other) => other.id === id);
    const [known, own] = [node?.member?.instance, node?.status?.instance];
    const refusals = view.nodes.flatMap(({ name: whose, status }) =>
      (status?.links ?? [])
        .filter((link) => link.id === id && /data directory/.test(link.error))
        .map(({ error }) => `${whose}: ${error}`),
    );
    const differs = known !== undefined && own !== undefined && known !== '' && known !== own;
    if (!differs && refusals.length === 0) return [];
    return [
      {
        id: 'wiped-node',
        severity: 'acts-now',
        what: `${name} runs on another data directory than the one that the cluster knows of it`,
        evidence: differs ? [`known ${known}, found ${own}`, ...refusals] : refusals,
        next: [`raftctl member replace ${id} --with HOST:PORT`, 'or start it with the directory that it had'],
        nodes: [id],
      },
    ];
  });
}

function removedNodes({ data }: Examination): Finding[] {
  return data.nodes
    .filter(({ set, reachable }) => set === '-' && reachable)
    .map(({ id, name, address }) => ({
      id: 'removed-node-running',
      severity: 'warning' as const,
      what: `${name} at ${address} is no member, and still runs`,
      evidence: ['it holds a copy of the data, and learns nothing new'],
      next: [`stop ${name}`],
      nodes: [id],
    }));
}

function versionSkew({ data }: Examination): Finding[] {
  const known = membersOf(data).filter(({ version }) => version !== null);
  if (new Set(known.map(({ version }) => version)).size < 2) return [];
  return [
    {
      id: 'version-skew',
      severity: 'warning',
      what: 'the nodes run different versions',
      evidence: known.map(({ name, version }) => `${name} ${version}`),
      next: ['bring all nodes to one version, one after the other'],
      nodes: [],
    },
  ];
}
