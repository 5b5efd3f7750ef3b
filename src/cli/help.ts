import { CommandHelp, Help } from '@oclif/core';

/** Help of one command with what people look for first: the examples. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const examples = sections.filter(({ header }) => header === 'EXAMPLES');
    return [...examples, ...sections.filter(({ header }) => header !== 'EXAMPLES')];
  }
}

/** The help of this program. */
export default class RaftctlHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;
}
