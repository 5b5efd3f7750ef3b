/**
 * What a node must understand of the log beside its first form. Nodes tell each other theirs (`NodeAbilities` on the wire): a leader writes
 * nothing that a member is known not to understand, and takes in nobody who does not understand what it may write, since replicas that
 * apply the same entry in different ways are no replicas any more. Whoever adds a kind of entry, or a field to a record that replicas keep,
 * adds a word here, in the same release, and asks for it before it is written.
 */
export const features = [
  /** Entries of the cluster's own: changes of the members, history (`ControlCommand`). */
  'control-entries',
  /** When new voters are promoted, rounds, spares: fields of the record of a change, and the entry that promotes. */
  'promotion-policies',
  /** Who voted, in the history of an election. */
  'election-votes',
] as const;

/** The name of a feature. */
export type Feature = (typeof features)[number];
