/** Before the paths of the sandbox. */
export const sandboxPath = '/sandbox';
