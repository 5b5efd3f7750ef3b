import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import {
  type CertsData,
  certsText,
  createCerts,
  parseClientCertificate,
  parseNodeCertificate,
} from '../../src/cli/certs-data.js';
import { numberFlag } from '../../src/cli/index.js';

export default class CertsCreate extends BaseCommand<typeof CertsCreate> {
  static override summary =
    'make certificates for the nodes and clients of a cluster, and an authority that signs them';
  static override description =
    'For a laboratory, or a small cluster whose authority is kept in a safe place. The authority is made where --dir has none, and used again where it has; nothing is written over. Certificates name their cluster and their holder, so nodes that use them take no others: cluster bootstrap needs the same --cluster-id. Keys can be read by their owner alone.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dir certs --node 1=10.0.0.1 --node 2=10.0.0.2 --node 3=10.0.0.3 --client admin:ops',
    '<%= config.bin %> <%= command.id %> --dir certs --client viewer:grafana --client operator:ci --days 30',
    "<%= config.bin %> <%= command.id %> --dir certs --node 1=localhost,127.0.0.1 --json | jq -r '.data.clusterId'",
  ];
  static override flags = {
    dir: Flags.string({
      description: 'folder for the files; is made where it is not there',
      helpValue: 'DIR',
      required: true,
    }),
    node: Flags.string({
      description: 'a node, and the names or addresses at which it is dialled',
      helpValue: 'ID=HOST,…',
      multiple: true,
    }),
    client: Flags.string({
      description: 'a client and its role: viewer, operator, admin or breakglass',
      helpValue: 'ROLE:NAME',
      multiple: true,
    }),
    'cluster-id': Flags.string({
      description: 'instead of a random one, or that of the authority: 32 hex digits',
      helpValue: 'ID',
    }),
    days: numberFlag({ description: 'how long the certificates are good', min: 1, max: 3650, default: 365 }),
  };
  static override kind = 'Certificates';

  async run(): Promise<CertsData> {
    const { dir, node = [], client = [], days, 'cluster-id': clusterId } = this.flags;
    const nodes = node.map(parseNodeCertificate);
    const clients = client.map(parseClientCertificate);
    return createCerts({ dir, clusterId, nodes, clients, days }, new Date());
  }

  protected override text(data: CertsData): Promise<string> {
    return certsText(data, this.tableOptions);
  }

  protected override names({ files }: CertsData): readonly string[] {
    return files.map(({ cert }) => `certificate/${cert}`);
  }
}
