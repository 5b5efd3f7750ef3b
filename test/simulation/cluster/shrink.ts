import { type Outcome, type RunOptions, simulateCluster } from './cluster-simulation.js';

/** Runs that are tried, at most. */
const TRIALS_MAX = 200;

/**
 * Looks for a smaller run that breaks the same rule: less time, then fewer faults, first many left out at once and then one by one (delta
 * debugging). A run without a fault goes another way from there on, so nothing is sure but what is tried.
 */
export async function shrink(options: RunOptions, failed: Outcome): Promise<Outcome> {
  const rule = ruleOf(failed);
  let best = failed;
  let trials = 0;
  const attempt = async (tried: RunOptions): Promise<boolean> => {
    if (trials++ >= TRIALS_MAX) return false;
    const outcome = await simulateCluster({ ...tried, tracer: undefined });
    if (ruleOf(outcome) !== rule) return false;
    best = outcome;
    return true;
  };
  while (await attempt({ ...best.options, chaosMs: Math.floor(best.options.chaosMs * 0.7) }));
  const left = new Set(best.options.withoutFaults ?? options.withoutFaults ?? []);
  let numbers = Array.from({ length: best.faultNumbers }, (_, at) => at).filter((at) => !left.has(at));
  for (let size = Math.ceil(numbers.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < numbers.length; ) {
      const part = numbers.slice(at, at + size);
      const withoutFaults = new Set([...(best.options.withoutFaults ?? []), ...part]);
      if (await attempt({ ...best.options, withoutFaults })) numbers = numbers.filter((one) => !part.includes(one));
      else at += size;
    }
  }
  return best;
}

/** The rule that was broken, without what was seen; undefined where none was. */
function ruleOf({ failure }: Outcome): string | undefined {
  return failure?.error.message.split(':')[0];
}
