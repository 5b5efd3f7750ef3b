/** Time does not pass within an event: what waits for its turn has it at once. */
export async function setImmediate(): Promise<void> {}
