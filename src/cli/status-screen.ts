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

/** A view as `status` shows it. */
export async function statusScreen(view: ClusterView, options: StatusScreenOptions): Promise<Screen> {
  const now = new Date();
  const data = toStatusData(view, now);
  const warnings = statusWarnings(data, now);
  const next = options.hints ? nextCommands(data, warnings) : [];
  return { data, warnings, text: await statusText(data, { ...options, cluster: identityOf(view), warnings, next }) };
}
