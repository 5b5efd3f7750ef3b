import fc from 'fast-check';

/** Properties draw the same cases each time: whether a mutant is noticed must not be a matter of luck. Which case fails first is enough. */
fc.configureGlobal({ seed: 20, endOnFailure: true });
