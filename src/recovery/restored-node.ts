/** What became of one node. */
export interface RestoredNode {
  readonly id: number;
  readonly role: 'voter' | 'learner';
  readonly address: string;
  /** Nothing was done: this plan was carried out here before. */
  readonly already: boolean;
  readonly incarnation: number;
  readonly index: number;
  readonly term: number;
  /** The data directory as it was before; null where it was empty. */
  readonly backup: string | null;
}
