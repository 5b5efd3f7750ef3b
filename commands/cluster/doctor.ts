import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type DoctorData, diagnose, doctorError, examine } from '../../src/cli/doctor/doctor.js';
import { doctorText } from '../../src/cli/doctor/doctor-text.js';
import { wholeClusterFlags } from '../../src/cli/flags.js';

export default class ClusterDoctor extends ClusterCommand<typeof ClusterDoctor> {
  static override summary = 'find what is wrong, causes first, each with what to do next';
  static override description =
    'Only looks; needs no leader. Ends with exit 0 where nothing was found or nothing acts now, 5 where something does. data of --json: looked {nodes, reachable, leader} and findings[] {rank, id, severity, what, evidence[], next[], nodes[]}, severity being acts-now or warning.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -e 10.0.0.1:7400',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.findings[].what'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override kind = 'Doctor';

  async run(): Promise<DoctorData> {
    const view = await this.view();
    const data = diagnose(await examine(await this.connect(), view));
    const error = doctorError(data);
    if (error !== undefined) this.answer(error);
    return data;
  }

  protected override text(data: DoctorData): string {
    return doctorText(data, this.style, this.tableOptions.width);
  }
}
