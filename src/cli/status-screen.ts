import type { ClusterView } from '../client/index.js';
import { statusText } from './render-status.js';
import { identityOf, toStatusData } from './status-data.js';
import { nextCommands, statusWarnings } from './status-warnings.js';
import type { Style } from './style.js';
import type { TableOptions } from './table.js';
import type { Screen } from './watch-screens.js';

/** How `status` is shown. */
export interface StatusScreenOptions extends TableOptions {
  readonly style: Style;
  readonly wide: boolean;
  /** Whether somebody reads along who may want to know the next command. */
  readonly hints: boolean;
}

/** Characters of a line where no terminal says how many it has: what is piped is read on one, or mailed. */
const pipeWidth = 80;

/** How wide the screen may be; undefined where all columns were asked for, and none may be left out. */
export function screenWidth(width: number | undefined, wide: boolean): number | undefined {
  return wide ? undefined : (width ?? pipeWidth);
}

/** A view as `status` shows it. */
export async function statusScreen(view: ClusterView, options: StatusScreenOptions): Promise<Screen> {
  const now = new Date();
  const data = toStatusData(view, now);
  const warnings = statusWarnings(data, now);
  const next = options.hints ? nextCommands(data, warnings) : [];
  const width = screenWidth(options.width, options.wide);
  const text = await statusText(data, { ...options, width, cluster: identityOf(view), warnings, next });
  return { data, warnings, text };
}
