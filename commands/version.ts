import { BaseCommand } from '../src/cli/base-command.js';

/** `data` of `version`. */
interface VersionData {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
}

export default class Version extends BaseCommand<typeof Version> {
  static override summary = 'show the version of this program';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -q',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.data.version'",
  ];
  static override kind = 'Version';

  async run(): Promise<VersionData> {
    return { version: this.config.version, node: process.version, platform: `${process.platform}-${process.arch}` };
  }

  protected override text({ version, node, platform }: VersionData): string {
    return `raftctl ${version}   node ${node}   ${platform}`;
  }

  protected override names({ version }: VersionData): readonly string[] {
    return [`version/${version}`];
  }
}
