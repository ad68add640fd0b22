import { parseArgs } from 'node:util';
import { firstSentence, wholeNumber } from '@checkout/cli';

/** What the command line asks for. `refused` holds one line that says what is wrong with it. */
export type LocalArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'run';
      /** Names and values for the environment: what is given here wins over it. */
      readonly environment: Readonly<Record<string, string>>;
      readonly reset: boolean;
    };

const maxPort = 65_535;

/** Reads the arguments of `npm start --`. */
export function readArguments(argv: readonly string[]): LocalArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        reset: { type: 'boolean', default: false },
      },
    });
    const { help, port, 'data-dir': dataDir, reset } = values;
    if (help) return { kind: 'help' };
    if (port !== undefined) wholeNumber('--port', port, { min: 0, max: maxPort });
    if (dataDir === '') throw new Error('--data-dir needs a directory');
    const environment = {
      ...(port !== undefined && { PORT: port }),
      ...(dataDir !== undefined && { DATA_DIR: dataDir }),
    };
    return { kind: 'run', environment, reset };
  } catch (error) {
    return { kind: 'refused', message: `${firstSentence(error)}, see: npm start -- --help` };
  }
}

export const helpText = `Runs the whole platform in one process: order, orchestrator, antifraud, payment, shipping, and a sandbox that
stands in for the payment provider, the carrier and the fraud bureau.

  npm start                         on http://127.0.0.1:8080, data in .data
  npm start -- --port <number>      on another port (0: a free one)
  npm start -- --data-dir <path>    with the data in another directory
  npm start -- --reset              begin empty: removes the platform's own files in the data directory, nothing else
  npm start -- --help               this text

Ctrl-C stops it. The next start goes on where this one stopped.

Environment, with defaults: HOST (127.0.0.1), PORT (8080), DATA_DIR (.data), AUTH (off; jwt: by test tokens of the
sandbox, or of JWT_ISSUER with JWT_AUDIENCE and JWT_JWKS_URL), OPS_PORT (unset), BUS (embedded), STORE (sqlite),
LOG_LEVEL (warn), SHUTDOWN_MS (5000), PROVIDER_TIMEOUT_MS (2000), UNKNOWN_DEADLINE_MS (20000), REVIEW_DEADLINE_MS (86400000),
REVIEW_TOTAL_MINOR (unset), SANDBOX_DELIVERY_MS (500), RETRY_BASE_MS (1000), RETRY_CAP_MS (60000), STEP_TRIES (12),
UNDO_TRIES (6).
`;
