/**
 * The command line's own room: how arguments are read, how results look, and how a command ends.
 *
 *     argv ─► flags ─► command.run() ─► data ─► text for people │ the envelope for programs
 *                           │                                   └► exit code, the same in both
 *                           └► client (loaded when a command calls)
 *
 * Nothing is loaded at import time that a command may not need: gRPC, chalk, cli-table3 and yaml come by `await import()`.
 * What must never happen here: a rule of the cluster. The server decides; this room asks, and shows what it was told.
 *
 * Read next: `base-command.ts` (the life of a command), `cluster-command.ts` (the connection), `flags.ts`, `render-*.ts`;
 * `change-command.ts` (a change of the members, from its plan to its end).
 */
export { type ArgsOf, BaseCommand, type FlagsOf } from './base-command.js';
export { ClusterCommand, type ConnectOptions } from './cluster-command.js';
export type { ClusterIdentity, Envelope, ErrorDocument, Source, Warning } from './envelope.js';
export type { MemberAddress } from './flag-values.js';
export {
  addressFlag,
  addressListFlag,
  connectionFlags,
  consistencyFlag,
  durationFlag,
  idArg,
  idFlag,
  idSetFlag,
  idsArg,
  memberAddressFlag,
  numberFlag,
  type OutputFormat,
  outputFlags,
  requestIdFlag,
  sizeFlag,
} from './flags.js';
