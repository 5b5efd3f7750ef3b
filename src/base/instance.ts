/** Characters of an instance that tell it from others, for people. */
const shownCharacters = 8;

/** Whether this is the id of a data directory: 32 hex digits. */
export function isInstance(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/**
 * Why node `id` is refused: it does not have the data directory that it is known by.
 * @param instance what it has; undefined where it does not say
 */
export function otherInstance(id: number, instance: string | undefined, known: string): string {
  const [now, before] = [instance ?? 'unknown', known].map((text) => text.slice(0, shownCharacters));
  return `node ${id} has come with another data directory, ${now} instead of ${before}: remove it and add it under a new id`;
}
