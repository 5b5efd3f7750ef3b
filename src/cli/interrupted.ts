/** Exit code of a command that Ctrl-C ended: what a shell shows of a process that SIGINT ended. */
export const INTERRUPTED_EXIT = 130;
