import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { parsePartition } from '../../src/cli/flag-values.js';
import { idSetFlag, numberFlag, wholeClusterFlags } from '../../src/cli/flags.js';
import { readPlannedPhases } from '../../src/cli/planned-phases.js';
import { toWhatIfData, type WhatIfData, whatIfError } from '../../src/cli/what-if-data.js';
import { whatIfText } from '../../src/cli/what-if-text.js';

export default class ClusterWhatIf extends ClusterCommand<typeof ClusterWhatIf> {
  static override summary = 'see what failures would come to, without any';
  static override description =
    'Takes the cluster as it is seen now, supposes what the flags say, and tells whether writes go on, who could lead, and what may fail then. Changes nothing. Ends with exit 0 where writes go on, 5 where they stop or less is tolerated than required. Of a partition the side that goes on counts.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --down 3',
    '<%= config.bin %> <%= command.id %> --partition 1,2/3 --leader-lost',
    '<%= config.bin %> <%= command.id %> --matrix --require-tolerance 1',
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = {
    down: idSetFlag({ description: 'nodes that fail', default: async () => [] }),
    zone: Flags.string({
      description: 'zone that fails, with all its nodes',
      helpValue: 'ZONE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    partition: Flags.string({
      description: 'groups that can talk among themselves alone, as 1,2/3',
      helpValue: 'IDS/IDS',
    }),
    'leader-lost': Flags.boolean({ description: 'the leader fails' }),
    'add-dead': numberFlag({
      description: 'voters to add that are not there',
      min: 0,
      max: 100,
      default: 0,
      helpValue: 'N',
    }),
    during: Flags.string({
      description: 'in each phase of this plan, as member plan --out wrote it',
      helpValue: 'FILE',
    }),
    matrix: Flags.boolean({ description: 'on top of that every loss of one voter and of two' }),
    'require-tolerance': numberFlag({
      description: 'failures that must still be tolerated',
      min: 0,
      default: 0,
      helpValue: 'N',
    }),
  };
  static override kind = 'WhatIf';
  readonly #seenAt = new Date();

  async run(): Promise<WhatIfData> {
    const { down, zone = [], partition, during, matrix } = this.flags;
    const assumption = {
      down,
      zones: zone,
      leaderLost: this.flags['leader-lost'],
      partition: partition === undefined ? [] : parsePartition(partition),
      addDead: this.flags['add-dead'],
      during: during === undefined ? undefined : await readPlannedPhases(during),
    };
    const requireTolerance = this.flags['require-tolerance'];
    const data = toWhatIfData(await this.view(), assumption, { matrix, requireTolerance });
    const error = whatIfError(data, requireTolerance);
    if (error !== undefined) this.answer(error);
    return data;
  }

  protected override text(data: WhatIfData): Promise<string> {
    const exitCode = whatIfError(data, this.flags['require-tolerance'])?.exitCode ?? 0;
    return whatIfText(data, { ...this.tableOptions, style: this.style, exitCode, seenAt: this.#seenAt });
  }
}
