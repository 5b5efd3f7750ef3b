/** How much is played at a door: so many inputs, or as many as fit into a time, whichever ends first. */
export class Budget {
  readonly #untilMs: number;

  constructor(
    seconds: number,
    private readonly inputs = Number.POSITIVE_INFINITY,
  ) {
    this.#untilMs = performance.now() + seconds * 1000;
  }

  /** One seed for each input, counted up from the first: every input comes from its own seed alone, so that it can be played again alone. */
  *seeds(first: number): Iterable<number> {
    for (let at = 0; at < this.inputs && (at === 0 || performance.now() < this.#untilMs); at++) yield first + at;
  }
}

/** What a door was given, and what became of it. */
export interface DoorReport {
  readonly inputs: number;
  /** How often each outcome was met: `taken`, or the code of the error. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/**
 * Plays random inputs at one way into the program. Resolves when all were answered as they must be.
 * @throws FuzzFailure for an input that was not: a crash, a hang, growth, or an error that is none of ours
 */
export type Door = (seed: number, budget: Budget) => Promise<DoorReport>;

/** An input that was not answered as it must be. */
export class FuzzFailure extends Error {
  /**
   * @param seed of the first input that is to be played again
   * @param inputs how many from there; more than one where the fault came of all of them together
   */
  constructor(
    message: string,
    readonly seed: number,
    readonly inputs = 1,
  ) {
    super(message);
  }
}

/** Counts outcomes, for the report of a door. */
export class Outcomes implements DoorReport {
  readonly outcomes = new Map<string, number>();
  inputs = 0;

  /** One input has been answered. */
  add(outcome: string): void {
    this.inputs++;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
