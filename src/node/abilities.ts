import { type Feature, features } from '../base/features.js';
import type { NodeAbilities } from '../gen/raftctl/v1/member.js';
import type { NodeContext } from './node-context.js';
import type { NodeOptions } from './node-options.js';

/** What a node says of itself beside its version. */
export function selfAbilities({ certificate }: Pick<NodeOptions, 'certificate'>): NodeAbilities {
  return { features: [...features], certificateNames: [...(certificate?.names ?? [])] };
}

/** Whether all nodes of the configuration have said that they understand a feature: only then may it be written. */
export function allUnderstand({ options, members }: NodeContext, feature: Feature): boolean {
  const links = new Map(options.transport.links().map((link) => [link.id, link]));
  return members.every(({ id }) => id === options.id || links.get(id)?.abilities?.features.includes(feature) === true);
}
