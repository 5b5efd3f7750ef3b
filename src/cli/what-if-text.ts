import { describeCuts } from '../membership/words.js';
import type { Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { type LossGroup, verdictWords, type WhatIfData, type WhatIfPhase } from './what-if-data.js';

/** How a supposition is shown. */
export interface WhatIfTextOptions extends TableOptions {
  readonly style: Style;
  readonly exitCode: number;
  /** When the cluster was looked at. */
  readonly seenAt: Date;
}

/** A supposition and what would come of it. */
export async function whatIfText(data: WhatIfData, options: WhatIfTextOptions): Promise<string> {
  const { assume, phases, matrix } = data;
  const time = options.seenAt.toTimeString().slice(0, 8);
  const supposed = assume.length === 0 ? 'ASSUME nothing' : `ASSUME ${assume.join('; ')}`;
  const columns = ['', 'QUORUM', 'LIVE', 'WRITES', 'ELECTION', 'TOLERATES', 'THEN FATAL'].map((head) => ({ head }));
  const blocks = [
    `${supposed}; everything else as seen at ${time}`,
    await renderTable(columns, phases.map(phaseRow), { ...options, indent: '  ' }),
  ];
  if (matrix.length > 0) {
    const heads = ['LOSS', 'WRITES', 'TOLERATES', 'OF'].map((head) => ({ head }));
    blocks.push('', await renderTable(heads, matrix.map(lossRow), { ...options, indent: '  ' }));
  }
  const elections = phases.filter(({ writes, keepsLeader }) => writes && !keepsLeader);
  const winners = [...new Set(elections.flatMap(({ mayWin }) => mayWin))].sort((a, b) => a - b);
  if (winners.length > 0) blocks.push(`Writes go on after an election; ${winners.join(' or ')} may win it.`);
  blocks.push(verdictText(data, options));
  return blocks.join('\n');
}

function verdictText(data: WhatIfData, { style, exitCode }: WhatIfTextOptions): string {
  const paint = {
    safe: String,
    'no-margin': style.yellow,
    'too-little-margin': style.yellow,
    'writes-stop': style.red,
  };
  return `${paint[data.verdict](verdictWords(data))} — exit ${exitCode}`;
}

function phaseRow({ name, sets, writes, election, tolerates, minimalCuts }: WhatIfPhase): string[] {
  return [
    name,
    sets.map(({ size, needed }) => `${needed}/${size}`).join(' and '),
    sets.map(({ live }) => live).join(' and '),
    writes ? 'yes' : 'NO',
    election ? 'yes' : 'NO',
    tolerates === null ? '-' : String(tolerates),
    minimalCuts.length === 0 ? '-' : fatalText(minimalCuts),
  ];
}

/** `1 or 2`, `any 2 of 1,2,3`, `1+2, 2+3`. */
function fatalText(cuts: readonly (readonly number[])[]): string {
  return cuts.every(({ length }) => length === 1) ? cuts.flat().join(' or ') : describeCuts(cuts);
}

function lossRow({ failures, writes, tolerates, losses }: LossGroup): string[] {
  return [
    failures === 1 ? 'one' : 'two',
    writes ? 'yes' : 'NO',
    tolerates === null ? '-' : String(tolerates),
    losses.map((ids) => ids.join('+')).join(', '),
  ];
}
