/** How the order service commits: many requests in one transaction, or each in its own. */
export const commitVariants = ['group', 'each'] as const;

export type CommitVariant = (typeof commitVariants)[number];
