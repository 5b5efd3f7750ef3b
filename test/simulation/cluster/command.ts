import { simulateCluster } from './cluster-simulation.js';

export async function main(args: readonly string[]): Promise<void> {
  const first = Number(args[0] ?? 1),
    count = Number(args[1] ?? 1),
    profile = (args[2] ?? 'swarm') as 'swarm';
  for (let seed = first; seed < first + count; seed++) {
    const started = Date.now();
    const outcome = await simulateCluster({ seed, profile, chaosMs: Number(args[3] ?? 30_000) });
    console.log(
      seed,
      outcome.digest,
      outcome.events,
      Date.now() - started,
      'ms',
      outcome.virtualMs.toFixed(0),
      outcome.failure?.error.message ?? 'ok',
    );
    if (outcome.failure) {
      if (count < 3) {
        for (const l of outcome.failure.tail) console.log(l);
        console.log(outcome.failure.error.stack, outcome.failure.error.cause);
        console.log(JSON.stringify(outcome.profile));
      }
    }
    if (count < 3)
      console.log(
        [...outcome.counters.counts]
          .sort((a, b) => b[1] - a[1])
          .map(([k, v]) => `${k}=${v}`)
          .join(', '),
      );
  }
}
