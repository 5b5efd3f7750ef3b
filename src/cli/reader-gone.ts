/**
 * Aborted when nobody reads stdout any more, as after `| head`. A command that would go on for ever ends then.
 * @param stream stdout, or what stands for it
 */
export function readerGone(stream: NodeJS.EventEmitter = process.stdout): AbortSignal {
  const gone = new AbortController();
  stream.once('error', () => gone.abort());
  stream.once('close', () => gone.abort());
  return gone.signal;
}
