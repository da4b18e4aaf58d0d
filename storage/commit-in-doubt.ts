/** Something was committed and can be seen, but the disk does not say that it keeps it; the cause is what it says. */
export class CommitInDoubtError extends Error {}
