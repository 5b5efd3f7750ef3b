import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, randomInt, seededRandom } from '../../src/base/random.js';
import { type Loss, Recording } from './recording.js';

/** A new directory is begun about as often as one in this many cycles. */
const CYCLES_PER_DIRECTORY = 10;

export interface PowerCutOptions {
  readonly seed: number;
  readonly cycles: number;
  /** Writes, flushes and changes of names until a power cut, at most; the first of them make the directory. */
  readonly operationsMax: number;
  /** What plays turns: a script for Node. */
  readonly writer: string;
  /** The disk says that it has flushed, and has not: then what was acknowledged is lost, and this must be found. */
  readonly lyingDisk?: boolean;
}

/** What became of the cycles. */
export interface PowerCutOutcome {
  cycles: number;
  readonly cuts: Record<`${Loss} lost, ${'same' | 'new'} boot id`, number>;
  /** Acknowledged writes, and snapshot files. */
  acknowledged: number;
  snapshots: number;
  /** Unflushed sectors and names that were taken away. */
  sectors: number;
  names: number;
  /** What was lost, there in part, or not opened; undefined where nothing was. */
  failure: string | undefined;
}

/** Whether what records the writes of a process can be had here: a C compiler, and a system that it knows. */
export function missingForPowerCuts(): string | undefined {
  if (process.platform !== 'linux') return `power cuts are simulated on Linux only, this is ${process.platform}`;
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler: cc cannot be run';
  return undefined;
}

/** What a writer has said of a moment. */
interface Said {
  /** Of what is known to be in the directory, and of what may be: the acknowledged write, then those that were issued behind it. */
  possible: string[];
  instance: string | undefined;
  /** Index and checksum of the newest acknowledged snapshot. */
  snapshot: { readonly index: number; readonly checksum: number } | undefined;
}

const nothing = (): Said => ({ possible: [], instance: undefined, snapshot: undefined });

/** Plays cycles of writes and power cuts, until one loses something. */
export async function playPowerCuts(options: PowerCutOptions): Promise<PowerCutOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-power-cut-'));
  try {
    return await new PowerCuts(options, folder).play();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class PowerCuts {
  readonly #random: Random;
  readonly #recorder: string;
  readonly #outcome: PowerCutOutcome = {
    cycles: 0,
    cuts: {
      'all lost, same boot id': 0,
      'all lost, new boot id': 0,
      'some lost, same boot id': 0,
      'some lost, new boot id': 0,
    },
    acknowledged: 0,
    snapshots: 0,
    sectors: 0,
    names: 0,
    failure: undefined,
  };
  #said = nothing();
  #directories = 0;
  #bootId = 'aaaaaaaa';

  constructor(
    private readonly options: PowerCutOptions,
    private readonly folder: string,
  ) {
    this.#random = seededRandom(options.seed);
    this.#recorder = join(folder, 'disk-recorder.so');
    const source = join('test', 'power-cut', 'disk-recorder.c');
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', this.#recorder, source, '-ldl', '-lpthread']);
  }

  async play(): Promise<PowerCutOutcome> {
    const outcome = this.#outcome;
    for (; outcome.cycles < this.options.cycles && outcome.failure === undefined; outcome.cycles++) {
      if (outcome.cycles === 0 || this.#random() < 1 / CYCLES_PER_DIRECTORY) this.#begin();
      outcome.failure = await this.#cycle();
    }
    return outcome;
  }

  get #dataDir(): string {
    return join(this.folder, `data-${this.#directories}`);
  }

  #begin(): void {
    rmSync(this.#dataDir, { recursive: true, force: true });
    this.#directories++;
    mkdirSync(this.#dataDir, { mode: 0o700 });
    this.#said = nothing();
  }

  /** @returns what is wrong */
  async #cycle(): Promise<string | undefined> {
    const random = this.#random;
    const recording = join(this.folder, 'recording');
    rmSync(recording, { recursive: true, force: true });
    mkdirSync(recording);
    // Small numbers are as likely as large ones: they are the moments of a start.
    const endAt = Math.ceil(this.options.operationsMax ** random());
    const failure = await this.#write(recording, endAt);
    if (failure !== undefined) return failure;
    const loss: Loss = random() < 0.3 ? 'all' : 'some';
    const isRebooted = random() < 0.5;
    if (isRebooted) this.#bootId = randomInt(random, 0x10000000, 0x7fffffff).toString(16);
    const { sectors, names } = Recording.read(recording).cutPower(this.#dataDir, loss, random);
    this.#outcome.cuts[`${loss} lost, ${isRebooted ? 'new' : 'same'} boot id`]++;
    this.#outcome.sectors += sectors;
    this.#outcome.names += names;
    return undefined;
  }

  /** Lets the writer go on in the directory until the recorder ends it. */
  async #write(recording: string, endAt: number): Promise<string | undefined> {
    const environment = {
      ...process.env,
      LD_PRELOAD: this.#recorder,
      POWER_CUT_FOLDER: this.#dataDir,
      POWER_CUT_RECORDING: recording,
      POWER_CUT_AT: String(endAt),
      POWER_CUT_BOOT_ID: this.#bootId,
      ...(this.options.lyingDisk === true ? { POWER_CUT_LIE: '1' } : {}),
    };
    const seed = randomInt(this.#random, 0, 2 ** 31);
    const writer = spawn(process.execPath, [this.options.writer, this.#dataDir, String(seed)], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, complained] = ['', ''];
    writer.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    writer.stderr.on('data', (bytes: Buffer) => {
      complained += bytes.toString();
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((onEnd) => {
      writer.once('close', (...how) => onEnd(how));
    });
    if (signal !== 'SIGKILL') return `the writer ended by itself: ${signal ?? `exit ${code}`}\n${complained}`;
    return this.#listen(said.split('\n').slice(0, -1));
  }

  #listen(lines: readonly string[]): string | undefined {
    const outcome = this.#outcome;
    const issued: string[] = [];
    for (const line of lines) {
      const { opened, instance, snapshots, digest, acknowledged, snapshot } = JSON.parse(line);
      if (opened !== undefined) {
        const failure = this.#judge(opened, instance, snapshots);
        if (failure !== undefined) return failure;
        this.#said = { ...this.#said, possible: [opened], instance };
      } else if (digest !== undefined) {
        issued.push(digest);
        this.#said.possible.push(digest);
      } else if (acknowledged !== undefined) {
        outcome.acknowledged++;
        const at = this.#said.possible.indexOf(issued[acknowledged - 1] ?? '');
        if (at > 0) this.#said.possible.splice(0, at);
      } else if (snapshot !== undefined) {
        outcome.snapshots++;
        this.#said.snapshot = { index: snapshot.index, checksum: snapshot.checksum };
      }
    }
    return undefined;
  }

  /** Holds what was found behind a power cut against what was said before it. */
  #judge(
    opened: string,
    instance: string,
    snapshots: readonly { readonly index: number; readonly checksum: number }[],
  ): string | undefined {
    const { possible, instance: before, snapshot } = this.#said;
    if (possible.length > 0 && !possible.includes(opened)) {
      const wanted = [possible[0], ...possible.slice(1, 2), ...possible.slice(-1)].join('\n  ');
      return `what is there was never written, or lacks what was acknowledged\n  ${opened}\nacknowledged, then issued:\n  ${wanted}`;
    }
    if (before !== undefined && before !== instance) return `the instance was ${before} and is ${instance}`;
    if (snapshot === undefined) return undefined;
    const same = snapshots.find(({ index }) => index === snapshot.index);
    if (
      same === undefined ? !snapshots.some(({ index }) => index > snapshot.index) : same.checksum !== snapshot.checksum
    )
      return `the snapshot of index ${snapshot.index} was acknowledged and is not there`;
    return undefined;
  }
}
