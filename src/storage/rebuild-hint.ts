/**
 * The way back for a node whose data cannot be trusted any more: its peers have what it has lost, and must not take it for what it was.
 * @param emptying how its directory is emptied
 */
function rebuildHint(emptying: string): string {
  return `its peers have what is lost here: raftctl member remove ID, ${emptying}, then start it with --id NEW and raftctl member add ADDRESS`;
}

export const REBUILD_HINT = rebuildHint('raftctl node reset on this directory');

/** Where nothing says any more whose directory it is, a reset could not take note of the id. */
export const NAMELESS_REBUILD_HINT = rebuildHint('move this directory away');
