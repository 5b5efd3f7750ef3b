import type { Message, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { RaftError } from '../../../src/raft/errors.js';
import type { Directive } from '../datadriven.js';
import { numberOf } from './arguments.js';
import { describeMessage } from './describe.js';
import type { Environment } from './environment.js';
import { messageTypeNamed } from './names.js';
import { StepError } from './output.js';

interface Recipient {
  readonly id: number;
  /** Its messages are lost on their way. */
  readonly drop: boolean;
}

/** `deliver-msgs 1 2 type=MsgApp drop=(3)`: delivers or drops what is under way, one recipient after the other. */
export function deliverMessages(environment: Environment, { args }: Directive): void {
  const recipients: Recipient[] = [];
  let type: MessageType | undefined;
  for (const { key, values } of args) {
    if (values.length === 0) recipients.push({ id: numberOf(key), drop: false });
    if (key === 'drop') for (const value of values) recipients.push(droppingRecipient(numberOf(value), recipients));
    if (key === 'type') type = messageTypeNamed(values[0] ?? '');
  }

  const handled = recipients.map((recipient) => deliverTo(environment, recipient, type));
  if (handled.every((count) => count === 0)) environment.output.write('no messages\n');
}

function droppingRecipient(id: number, before: readonly Recipient[]): Recipient {
  if (before.some((other) => other.id === id)) throw new StepError(`can't both deliver and drop msgs to ${id}`);
  return { id, drop: true };
}

/** Whether anything is under way to this node. */
export function hasMessagesFor({ messages }: Environment, id: number): boolean {
  return messages.some(({ to }) => to === id);
}

/** Delivers all that is under way to one node. */
export function deliverAllTo(environment: Environment, id: number): void {
  deliverTo(environment, { id, drop: false });
}

/** @returns how many messages were delivered or dropped */
function deliverTo(environment: Environment, { id, drop }: Recipient, type?: MessageType): number {
  const isMeant = ({ to, msgType }: Message) => to === id && (type === undefined || msgType === type);
  const meant = environment.messages.filter(isMeant);
  environment.messages = environment.messages.filter((message) => !isMeant(message));
  for (const message of meant) {
    environment.output.write(`${drop ? 'dropped: ' : ''}${describeMessage(message)}\n`);
    // A message can be lost on its way to a node that does not exist yet.
    if (!drop) step(environment, message);
  }
  return meant.length;
}

function step({ nodes, output }: Environment, message: Message): void {
  const recipient = nodes[message.to - 1];
  if (recipient === undefined) throw new StepError(`there is no node ${message.to}`);
  try {
    recipient.node.step(message);
  } catch (error) {
    if (!(error instanceof RaftError) || error.kind === 'fatal') throw error;
    output.write(`${error.message}\n`);
  }
}
