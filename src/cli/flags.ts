import { Args, Flags } from '@oclif/core';
import { normalizeAddress } from '../client/address.js';
import {
  type JoinerAddress,
  type MemberAddress,
  type NumberRange,
  parseAddressList,
  parseDuration,
  parseId,
  parseIdSet,
  parseJoinerAddress,
  parseMemberAddress,
  parseRequestId,
  parseSize,
  parseWholeNumber,
} from './flag-values.js';

/** One node id. */
export const idFlag = Flags.custom<number>({ helpValue: 'ID', parse: async (text) => parseId(text) });

/** One node id as an argument. */
export const idArg = Args.custom<number>({ parse: async (text) => parseId(text) });

/** One or more node ids as arguments. */
export const idsArg = Args.custom<number>({ parse: async (text) => parseId(text), multiple: true });

/** A whole set of node ids: `1,3` or `none`; ascending. */
export const idSetFlag = Flags.custom<readonly number[]>({
  helpValue: 'ID,…|none',
  parse: async (text) => parseIdSet(text),
});

/** One address, in the form that is dialled. */
export const addressFlag = Flags.custom<string>({
  helpValue: 'HOST:PORT',
  parse: async (text) => normalizeAddress(text),
});

/** Addresses parted by commas. */
export const addressListFlag = Flags.custom<readonly string[]>({
  helpValue: 'HOST:PORT,…',
  parse: async (text) => parseAddressList(text),
});

/** `ID=HOST:PORT`, as often as wanted. */
export const memberAddressFlag = Flags.custom<MemberAddress>({
  helpValue: 'ID=HOST:PORT',
  multiple: true,
  multipleNonGreedy: true,
  parse: async (text) => parseMemberAddress(text),
});

/** A node that is to join: `HOST:PORT`, or with its id `ID=HOST:PORT`. */
export const joinerFlag = Flags.custom<JoinerAddress>({
  helpValue: '[ID=]HOST:PORT',
  parse: async (text) => parseJoinerAddress(text),
});

/** A duration with its unit; the value is in milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => parseDuration(text),
});

/** Id of a request, by which a retry is known. */
export const requestIdFlag = Flags.custom<string>({ helpValue: 'ID', parse: async (text) => parseRequestId(text) });

/** A size with its unit; the value is in bytes. */
export const sizeFlag = Flags.custom<number>({ helpValue: 'SIZE', parse: async (text) => parseSize(text) });

/** A whole number, 0 or more unless `min` says otherwise. */
export const numberFlag = Flags.custom<number, Partial<NumberRange>>({
  parse: async (text, _context, { min = 0, max }) => parseWholeNumber(text, { min, max }),
});

/** The same as an argument. */
export const numberArg = Args.custom<number, Partial<NumberRange>>({
  parse: async (text, _context, { min = 0, max }) => parseWholeNumber(text, { min, max }),
});

/** Forms in which a result can be written. */
export const outputFormats = ['table', 'wide', 'json', 'yaml', 'ndjson', 'name', 'quiet'] as const;

/** Form in which a result is written. */
export type OutputFormat = (typeof outputFormats)[number];

/** What every command understands. */
export const outputFlags = {
  output: Flags.option({ options: outputFormats })({
    char: 'o',
    description: 'form of the result; json, yaml and ndjson are for programs and stable',
    env: 'RAFTCTL_OUTPUT',
    helpGroup: 'OUTPUT',
  }),
  json: Flags.boolean({ description: 'the same as -o json', helpGroup: 'OUTPUT' }),
  quiet: Flags.boolean({ char: 'q', description: 'print ids alone, and no hints', helpGroup: 'OUTPUT' }),
  verbose: Flags.boolean({ char: 'v', description: 'say on stderr what is tried, and again', helpGroup: 'OUTPUT' }),
  'no-headers': Flags.boolean({ description: 'leave out the heads of the columns', helpGroup: 'OUTPUT' }),
  color: Flags.option({ options: ['auto', 'always', 'never'] as const })({
    description: 'when to use colour',
    default: 'auto',
    helpGroup: 'OUTPUT',
  }),
  'no-color': Flags.boolean({ description: 'the same as --color never', helpGroup: 'OUTPUT' }),
};

/** How fresh a read must be: confirmed by a quorum, by the leader's lease, or whatever the asked node has. */
export const consistencyFlag = Flags.option({ options: ['quorum', 'leader', 'local'] as const });

/** What every command understands that talks to a cluster. */
export const connectionFlags = {
  endpoints: addressListFlag({
    char: 'e',
    description: 'addresses to find the cluster by; any one live node is enough',
    env: 'RAFTCTL_ENDPOINTS',
    helpGroup: 'CONNECTION',
  }),
  context: Flags.string({
    description: 'named cluster of the configuration file',
    env: 'RAFTCTL_CONTEXT',
    helpValue: 'NAME',
    helpGroup: 'CONNECTION',
  }),
  node: idFlag({ description: 'ask just this node, and do not go on to the leader', helpGroup: 'CONNECTION' }),
  timeout: durationFlag({
    description: 'longest time for the whole command',
    default: 10_000,
    defaultHelp: async () => '10s',
    env: 'RAFTCTL_TIMEOUT',
    helpGroup: 'CONNECTION',
  }),
  'dial-timeout': durationFlag({
    description: 'longest time for one address',
    default: 2000,
    defaultHelp: async () => '2s',
    env: 'RAFTCTL_DIAL_TIMEOUT',
    helpGroup: 'CONNECTION',
  }),
  'no-discover': Flags.boolean({ description: 'talk to the given endpoints alone', helpGroup: 'CONNECTION' }),
  cacert: Flags.string({
    description: 'certificate authority that signed the nodes’ certificates',
    env: 'RAFTCTL_CACERT',
    helpValue: 'FILE',
    helpGroup: 'CONNECTION',
  }),
  cert: Flags.string({
    description: 'certificate to show to the nodes',
    env: 'RAFTCTL_CERT',
    helpValue: 'FILE',
    helpGroup: 'CONNECTION',
    dependsOn: ['key'],
  }),
  key: Flags.string({
    description: 'private key of --cert',
    env: 'RAFTCTL_KEY',
    helpValue: 'FILE',
    helpGroup: 'CONNECTION',
    dependsOn: ['cert'],
  }),
  'tls-server-name': Flags.string({
    description: 'name to expect in the nodes’ certificates',
    env: 'RAFTCTL_TLS_SERVER_NAME',
    helpValue: 'NAME',
    helpGroup: 'CONNECTION',
  }),
  'token-file': Flags.string({
    description: 'file with the token that says who you are, instead of --cert',
    env: 'RAFTCTL_TOKEN_FILE',
    helpValue: 'FILE',
    helpGroup: 'CONNECTION',
  }),
  insecure: Flags.boolean({
    description: 'talk in plain text to addresses beyond this machine',
    helpGroup: 'CONNECTION',
  }),
};

const { node: _, ...otherConnectionFlags } = connectionFlags;

/** The same for a command that asks all nodes, or those that it is given: there is no one node to ask instead. */
export const wholeClusterFlags = { ...outputFlags, ...otherConnectionFlags };

/** Order of a list of nodes. */
export const sortFlag = Flags.string({
  description: 'order: a field of the document, or leader-last, lag, zone',
  helpValue: 'FIELD',
  helpGroup: 'OUTPUT',
});
