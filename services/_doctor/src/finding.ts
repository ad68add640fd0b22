/**
 * `note`: nothing is wrong, and something is not there that nobody asked for. `warning`: it works, and a promise is at risk.
 * `broken`: something that was asked for will not work.
 */
export type State = 'ok' | 'note' | 'warning' | 'broken';

/** One line of the report. */
export type Finding = {
  /** What was looked at: `MySQL`. */
  readonly about: string;
  readonly state: State;
  readonly says: string;
  /** What to do about it, in one line. */
  readonly mend?: string;
};

/** Looks at one thing. Lets go of everything when the signal is given. */
export type Check = {
  readonly about: string;
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[]>;
};

export const ok = (about: string, says: string): Finding => ({ about, state: 'ok', says });

export const faulty = (about: string, state: 'note' | 'warning' | 'broken', says: string, mend: string): Finding => ({
  about,
  state,
  says,
  mend,
});
