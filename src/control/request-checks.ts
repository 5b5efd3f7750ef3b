import { isUnspecified, parseAddress } from '../base/address.js';
import { RaftctlError } from '../base/errors.js';
import { isInstance } from '../base/instance.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import { Consistency, type Session } from '../gen/raftctl/v1/proposal.js';

const clientIdBytesMax = 64;
const nameBytesMax = 128;
const addressCharsMax = 300;

/** The refusal of a request whose `field` is not as it must be. */
export function badField(field: string, must: string): RaftctlError {
  return new RaftctlError('E_USAGE', `${field}: ${must}`);
}

/** The message in a field that must be there. */
export function requirePresent<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw badField(field, 'must be given');
  return value;
}

/** A node's id: 1 or more. */
export function checkNodeId(field: string, id: number): void {
  if (id < 1) throw badField(field, 'must be the id of a node, 1 or more');
}

/** Node ids, each 1 or more and none twice. */
export function checkNodeIds(field: string, ids: readonly number[]): void {
  for (const id of ids) checkNodeId(field, id);
  if (new Set(ids).size !== ids.length) throw badField(field, 'must not name an id twice');
}

/** A name for people: short, and without control characters. */
export function checkName(field: string, name: string): void {
  if (Buffer.byteLength(name) > nameBytesMax) throw badField(field, `must be at most ${nameBytesMax} bytes`);
  if (/\p{C}/u.test(name)) throw badField(field, 'must not have control characters');
}

/** An address that other machines can dial. */
export function checkDialAddress(field: string, text: string): void {
  const address = text.length <= addressCharsMax ? parseAddress(text) : undefined;
  if (address === undefined || address.port === 0 || isUnspecified(address.host)) {
    throw badField(field, 'must be HOST:PORT or [IPV6]:PORT that others can dial');
  }
}

/** Members with ids and addresses, neither of them twice. */
export function checkMembers(field: string, members: readonly Member[]): void {
  for (const member of members) checkMember(field, member);
  checkNodeIds(
    `${field}.id`,
    members.map((member) => member.id),
  );
  if (new Set(members.map((member) => member.address)).size !== members.length) {
    throw badField(`${field}.address`, 'must not be the same for two members');
  }
}

/** One member: id, name and address; zone and data directory where they are given. */
export function checkMember(field: string, member: Member): void {
  checkNodeId(`${field}.id`, member.id);
  checkName(`${field}.name`, member.name);
  checkDialAddress(`${field}.address`, member.address);
  if (member.zone !== undefined) checkName(`${field}.zone`, member.zone);
  if (member.instance !== undefined && !isInstance(member.instance)) {
    throw badField(`${field}.instance`, 'must be 32 lower-case hex digits');
  }
}

/** A client's session, where there is one. */
export function checkSession(session: Session | undefined): void {
  if (session === undefined) return;
  const bytes = Buffer.byteLength(session.clientId);
  if (bytes < 1 || bytes > clientIdBytesMax) {
    throw badField('session.client_id', `must be 1 to ${clientIdBytesMax} bytes, and is ${bytes}`);
  }
  if (session.sequence < 1) throw badField('session.sequence', 'must be 1 or more');
  if (session.lowestPending > session.sequence) {
    throw badField('session.lowest_pending', 'must not be above session.sequence');
  }
}

/** The consistency that is meant: linearizable where none is named. */
export function readConsistency(consistency: Consistency): Consistency {
  if (consistency === Consistency.UNSPECIFIED) return Consistency.LINEARIZABLE;
  if (Consistency[consistency] === undefined) throw badField('consistency', `has no value ${consistency}`);
  return consistency;
}
