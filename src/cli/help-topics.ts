import { ExitCode } from '../base/error-codes.js';
import { connectionFlags, outputFlags } from './flags.js';

/** What `raftctl help TOPIC` knows beside the commands: a sentence for the list, and the text. */
export interface HelpTopic {
  readonly summary: string;
  text(): string;
}

/** The topics by name. */
export const helpTopics: Readonly<Record<string, HelpTopic>> = {
  'exit-codes': { summary: 'how commands end, for scripts', text: exitCodesText },
  options: { summary: 'the options that every command has', text: optionsText },
  environment: { summary: 'variables that are read', text: environmentText },
  output: { summary: 'forms of the result, and which of them are stable', text: () => output },
  errors: { summary: 'how an error reads', text: () => errors },
  scripting: { summary: 'what works well in scripts', text: () => scripting },
};

/** What each exit code means; a test holds it against `docs/errors.md`. */
export const exitMeanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  ok: 'done, healthy, condition met, or already so',
  error: 'failed, the reason is known, nothing is pending',
  usage: 'bad flags, arguments or files; nothing was sent',
  unreachable: 'no endpoint can be used; nothing was sent',
  auth: 'not allowed',
  notOk: 'the question was answered: no',
  noQuorum: 'no leader, or too few voters',
  unknownOutcome: 'sent, and the result is not known',
  pending: 'accepted, not finished',
  refused: 'a check failed; nothing was changed',
  conflict: 'somebody else was first, or it is in use',
  notConfirmed: 'a confirmation is needed and was not given',
  partial: 'some targets are done, others not',
  differs: 'what is there differs from what is wanted',
  integrity: 'a checksum or an identity does not match',
};

function exitCodesText(): string {
  const rows = Object.entries(exitMeanings).map(
    ([name, meaning]): Row => [String(ExitCode[name as keyof typeof ExitCode]), meaning],
  );
  const signals: Row = ['130, 143', 'ended by Ctrl-C or by SIGTERM'];
  return `A command ends with the same code in every form of output.\n\n${aligned([...rows, signals])}

In a script: 0 go on; 6 and 3 wait and try again; 7 try again with the same --request-id; everything else is for a person.`;
}

function optionsText(): string {
  const rows = Object.entries({ ...outputFlags, ...connectionFlags }).map(([name, flag]): Row => {
    const short = 'char' in flag && flag.char !== undefined ? `-${flag.char}, ` : '    ';
    const value = flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? flag.options?.join('|') ?? 'VALUE'}`;
    return [`${short}--${name}${value}`, flag.description ?? ''];
  });
  return `Every command understands these; those of the connection, every one that talks to a cluster.\n\n${stacked(rows)}

A duration has a unit: 500ms, 2s, 5m, 1h. An address is HOST:PORT, [IPV6]:PORT or unix:PATH; an http:// in front is left out.`;
}

function environmentText(): string {
  const ofFlags = Object.entries({ ...outputFlags, ...connectionFlags }).flatMap(([name, flag]): Row[] =>
    'env' in flag && flag.env !== undefined ? [[flag.env, `stands for --${name}`]] : [],
  );
  const others: Row[] = [
    ['RAFTCTL_CONFIG', 'the configuration file, instead of $XDG_CONFIG_HOME/raftctl/config.yaml'],
    ['NO_COLOR, RAFTCTL_NO_COLOR', 'no colour, where not empty'],
    ['FORCE_COLOR', 'colour although the stream is no terminal; 0 for none'],
  ];
  return `A flag goes before its variable, and the variable before the context of the configuration file.\n\n${aligned([...ofFlags, ...others])}`;
}

const output = `The result goes to stdout; progress, questions, warnings and errors go to stderr.

  -o table    for people; may change between versions
  -o wide     the same with more columns
  -o json     one document, on success and on failure; --json for short
  -o yaml     the same document as YAML
  -o ndjson   the same in one line; member changes write one for each step, watch one for each event
  -o name     names alone, as member/3
  -q          ids alone, and no hints

A document has apiVersion, kind, ok, exitCode, observedAt, source, cluster, data, warnings and errors. Within raftctl/v1 fields are only
added. What is not known is null, times are UTC, durations are numbers of milliseconds. A stored JSON value stands in it as it was stored,
to the last digit.`;

const errors = `An error is one sentence, the facts behind it, what was changed, a hint where there is one, and the code:

  error: no leader — 1 of 2 voters is reachable, 2 are needed
    n1  127.0.0.1:7401  connection refused
    n3  127.0.0.1:7403  up, this node
    nothing was changed
  hint: start the voters that are missing
  code: E_NO_QUORUM (exit 6)

In documents the same stands in errors[]: code, message, facts, changed (no, yes or unknown), retryable, leaderHint and hint. Codes are
stable, sentences are not. With -v the stack of what went wrong inside is added.`;

const scripting = `  raftctl wait leader --timeout 30s || exit
  leader=$(raftctl leader show -q)
  raftctl member list --json | jq -r '.data.members[].id'
  raftctl kv put greeting '"hello"' --request-id "$job" || [ $? -ne 7 ] || raftctl kv put greeting '"hello"' --request-id "$job"
  raftctl cluster health --require-tolerance 1 -q
  raftctl watch --types leader,config -o ndjson | while read -r event; do …; done

A rolling restart, the leader last, which stops where a node must not:

  for id in $(raftctl member list --sort-by leader-last -o quiet); do
    raftctl node ok-to-stop "$id" || exit 5
    raftctl node drain "$id" && ssh "n$id" systemctl restart raftnode
    raftctl wait "node=$id:caught-up" healthy --timeout 5m && raftctl node undrain "$id"
  done

Use the forms for programs (raftctl help output) and the exit codes (raftctl help exit-codes), never the text for people. Where a
confirmation is needed and nobody can be asked, a command ends with exit 11 at once and names the flag to add.`;

type Row = readonly [name: string, meaning: string];

/** Name and meaning beside each other. */
function aligned(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n');
}

/** The meaning below the name. */
function stacked(rows: readonly Row[]): string {
  return rows.map(([name, meaning]) => `  ${name}\n          ${meaning}`).join('\n');
}
