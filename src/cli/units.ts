const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `812 MiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < byteUnits.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && amount < 10 ? amount.toFixed(1) : String(Math.round(amount));
  return `${digits} ${byteUnits[unit]}`;
}

/** `41ms`, `12.3s`, `12m04s`, `3h05m`, `3d4h`: two places are enough for people. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)}ms`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** `22%` of one processor; more than one is more than a hundred. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** `1,2,3`, or `-` for none. */
export function formatIds(ids: readonly number[]): string {
  return ids.length === 0 ? '-' : ids.join(',');
}

/** A value that may be unknown. */
export function orUnknown<Value>(value: Value | null | undefined, format: (value: Value) => string = String): string {
  return value === null || value === undefined ? '?' : format(value);
}

/** `1 voter`, `2 voters`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** A time as ISO 8601 says it, for people: `2026-03-01 09:30:00Z`. */
export function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+/, '');
}
