import { parseConfChange } from '../../src/raft/conf-change.js';
import { type ChangedConfiguration, Changer } from '../../src/raft/confchange/changer.js';
import { RaftError } from '../../src/raft/errors.js';
import { ProgressTracker } from '../../src/raft/tracker/progress-tracker.js';
import type { Directive } from './datadriven.js';
import type { StepRunner } from './story.js';

const MAX_INFLIGHT_MSGS = 10;

/**
 * Stories of configuration changes: `simple`, `enter-joint [autoleave=bool]`, `leave-joint` and `roll-back`, with changes such as
 * `v1 l2 r3 u4` as input. A step prints the configuration and every progress, or why the change was refused.
 */
export function confChangeRunner(): StepRunner {
  const tracker = new ProgressTracker(MAX_INFLIGHT_MSGS);
  // Each step stands for one entry of the log, refused or not.
  let lastIndex = 0;
  return (directive) => {
    try {
      const { conf, changes } = change(new Changer(tracker), directive);
      tracker.applyConf(conf, changes, lastIndex);
    } catch (error) {
      if (error instanceof RaftError) return `${error.message}\n`;
      throw error;
    } finally {
      lastIndex++;
    }
    const progress = [...tracker.progress].map(([id, one]) => `${id}: ${one}\n`);
    return `${tracker.conf}\n${progress.join('')}`;
  };
}

function change(changer: Changer, { command, args, input, line }: Directive): ChangedConfiguration {
  const changes = parseConfChange(input);
  switch (command) {
    case 'simple':
      return changer.simple(changes);
    case 'enter-joint':
      return changer.enterJoint(
        args.some(({ key, values }) => key === 'autoleave' && values[0] === 'true'),
        changes,
      );
    case 'leave-joint':
    case 'roll-back':
      if (changes.length > 0) throw new RaftError('conf-change', 'this command takes no input');
      return command === 'leave-joint' ? changer.leaveJoint() : changer.rollBack();
    default:
      throw new Error(`line ${line}: unknown command ${command}`);
  }
}
