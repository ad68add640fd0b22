import { stableFraction } from '@checkout/kernel';
import type { Answer } from './answer.ts';

const rejectScore = 95;
const reviewScore = 65;
/** Scores that nothing speaks against lie below this. */
const harmlessBelow = 30;

/** The bureau's opinion, 0 (harmless) to 100, by the user's name alone: the same user always gets the same. */
export function scoreUser(reference: string, userId: string): Answer {
  const { score, verdict } = opinionOf(userId);
  return { kind: 'done', status: 200, body: { reference, score, verdict } };
}

function opinionOf(userId: string): { readonly score: number; readonly verdict: 'approve' | 'review' | 'reject' } {
  if (userId.startsWith('fraud-')) return { score: rejectScore, verdict: 'reject' };
  if (userId.startsWith('review-')) return { score: reviewScore, verdict: 'review' };
  return { score: Math.floor(stableFraction(userId) * harmlessBelow), verdict: 'approve' };
}
