import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { factsText } from '../../src/cli/facts-text.js';

/** `data` of `auth whoami`. */
interface WhoAmIData {
  readonly name: string;
  /** viewer, operator, admin or breakglass; node for the certificate of a node. */
  readonly role: string;
  /** certificate, token or nothing. */
  readonly via: string;
  /** The URI of the certificate, or whose token it is. */
  readonly identity: string;
  /** Where the node sees the caller. */
  readonly from: string;
  /** When the certificate ends; null where there is none. */
  readonly expires: string | null;
}

export default class AuthWhoami extends ClusterCommand<typeof AuthWhoami> {
  static override summary = 'show who you are to the cluster, and by what';
  static override description =
    'As the node that answers has it. Without TLS and without tokens everybody who reaches a node may do everything: the role is then breakglass.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --token-file ~/.config/raftctl/ci.token',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.data.role'",
  ];
  static override kind = 'WhoAmI';

  async run(): Promise<WhoAmIData> {
    const { nodeId, name, role, via, identity, from, expiresMs } = await (await this.connect()).whoAmI();
    this.source = { node: nodeId, consistency: 'local', term: null };
    const expires = expiresMs === undefined ? null : new Date(expiresMs).toISOString();
    return { name, role, via, identity, from, expires };
  }

  protected override text({ name, role, via, identity, from, expires }: WhoAmIData): string {
    return factsText([
      ['name', name],
      ['role', role],
      ['by', via === 'nothing' ? identity : `${via}: ${identity}`],
      ['from', from],
      ...(expires === null ? [] : [['expires', expires] as const]),
    ]);
  }

  protected override names({ name }: WhoAmIData): readonly string[] {
    return [`caller/${name}`];
  }
}
