import { type ApiContext, requestOf } from '@checkout/http';

/** No user has this id: who proved nothing reaches nothing. */
const nobody = '';

/**
 * Whose orders the caller reaches: its own. `undefined` is everybody's, for operators and where nobody is asked who they are.
 */
export function ownerOf(c: ApiContext): string | undefined {
  const { subject, holds } = requestOf(c).caller;
  return holds('ops') ? undefined : (subject ?? nobody);
}

/** Whether the caller may know of an order of this user. The orders of others answer as if they did not exist. */
export function reaches(c: ApiContext, userId: unknown): boolean {
  const owner = ownerOf(c);
  return owner === undefined || owner === userId;
}
