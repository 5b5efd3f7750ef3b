import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Random, randomInt } from '../../src/base/random.js';

/** From the compiled place and from the source alike. */
const source = fileURLToPath(new URL('other-clock.c', import.meta.url)).replace('/dist/test/', '/test/');
/** The wall clock of a node may be wrong by so much, in seconds. */
const offsetSecondsMax = 3600;

/** Clocks that run otherwise than that of the machine, each for one process. */
export class OtherClocks {
  private constructor(private readonly library: string) {}

  /** @returns why there can be none here, where that is so */
  static make(folder: string): OtherClocks | string {
    if (process.platform !== 'linux') return `clocks are set on Linux only, this is ${process.platform}`;
    const library = join(folder, 'other-clock.so');
    const { status, stderr, error } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'], {
      encoding: 'utf8',
    });
    return status === 0 ? new OtherClocks(library) : `cc: ${error?.message ?? stderr.trim()}`;
  }

  /** Shell commands that give a process another clock: from half as fast to twice as fast, and wrong by up to an hour. */
  setup(random: Random): string {
    const rate = 2 ** (random() * 2 - 1);
    const offset = randomInt(random, -offsetSecondsMax, offsetSecondsMax + 1);
    return `export LD_PRELOAD=${this.library} OTHER_CLOCK_RATE=${rate.toFixed(3)} OTHER_CLOCK_OFFSET_S=${offset}`;
  }
}
