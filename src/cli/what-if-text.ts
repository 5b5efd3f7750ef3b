import { describeCuts } from '../membership/words.js';
import type { Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { counted } from './units.js';
import type { LossGroup, WhatIfData, WhatIfPhase } from './what-if-data.js';

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

function verdictText({ verdict, tolerates }: WhatIfData, { style, exitCode }: WhatIfTextOptions): string {
  const words = {
    safe: `SAFE, tolerates ${counted(tolerates ?? 0, 'more failure')}`,
    'no-margin': style.yellow('SAFE, NO MARGIN'),
    'too-little-margin': style.yellow(`TOO LITTLE MARGIN, tolerates ${counted(tolerates ?? 0, 'more failure')}`),
    'writes-stop': style.red('WRITES STOP'),
  };
  return `${words[verdict]} — exit ${exitCode}`;
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
