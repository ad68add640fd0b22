import { inDatabase, type MysqlAddress } from './address.ts';
import { atServer, locked, MigrationError, nameIn, type ServerAddress } from './server-work.ts';
import { openSession, type Session } from './session.ts';
import { sqlText } from './sql-text.ts';

/** Who works on one database and nothing else. */
export type MysqlUser = {
  readonly name: string;
  /** Never part of a message or of what is told. */
  readonly password: string;
};

/** The one who asks has not the rights that making users takes. */
export class MayNotMakeUsersError extends MigrationError {
  constructor(asking: string, cause: unknown) {
    super(
      `${asking} may not make users and hand out rights: name one in MYSQL_URL who may (CREATE USER, SELECT on mysql.*, and ` +
        'SELECT, INSERT, UPDATE, DELETE WITH GRANT OPTION), or have an administrator run what --users --dry-run prints.',
      cause,
    );
    this.name = 'MayNotMakeUsersError';
  }
}

/** What reading and writing a log takes. Tables are changed by whoever migrates. */
const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
const hidden = '(hidden)';
/** MySQL's own. */
const maxNameCharacters = 32;
const loginTimeoutMs = 10_000;
const unknownUser = 1141;
const accessDenied = 1045;
/** No right on the database, on the table, to make users, to do it by GRANT. */
const notAllowed: ReadonlySet<number | undefined> = new Set([1044, 1142, 1227, 1410]);

/**
 * Sees to it that the user is there, has the password, and may read and write the database that the URL names, and nothing
 * else. May be called any number of times. A password that changed is set beside the one before it, which goes on working until
 * the next change, so that processes that run may go on connecting.
 *
 * @returns the statements that did it, or with `dryRun` would, without the password
 * @throws MayNotMakeUsersError
 * @throws MigrationError when the user may do more than that: nobody's decision is taken back here
 */
export async function ensureMysqlUser(
  address: ServerAddress & { readonly dryRun?: boolean },
  { name, password }: MysqlUser,
): Promise<readonly string[]> {
  const { dryRun = false } = address;
  const database = nameIn(address.url);
  refuseLongName(name);
  return atServer(address, (session) =>
    locked(session, database, async () => {
      const account = sqlText('?@?', [name, '%']);
      const pattern = await patternOf(session, database);
      const held = await grantsOf(session, account, { address, dryRun });
      refuseMore(name, held ?? [], pattern);
      const steps: readonly Step[] = [
        ...(held === undefined
          ? [creation(account, password)]
          : await passwordSteps(address, account, { name, password })),
        ...(isGranted(held ?? []) ? [] : [granting(account, pattern)]),
      ];
      const undo = held === undefined ? `DROP USER IF EXISTS ${account}` : undefined;
      if (!dryRun) await applyAll(session, steps, { address, undo });
      return steps.map(({ told }) => told);
    }),
  );
}

/** The same database, as this user. */
export function addressOfUser(url: string, { name, password }: MysqlUser): string {
  // Without it a percent sign would stay one.
  const [username, secret] = [encodeURIComponent(name), encodeURIComponent(password)];
  return Object.assign(new URL(url), { username, password: secret }).href;
}

/** @throws MayNotMakeUsersError */
export async function dropMysqlUser(address: ServerAddress, name: string): Promise<void> {
  await atServer(address, async (session) => {
    try {
      await session.write([sqlText('DROP USER IF EXISTS ?@?', [name, '%'])]);
    } catch (error) {
      throw translated(address, error);
    }
  });
}

type Step = { readonly statement: string; readonly told: string };

const creation = (account: string, password: string): Step =>
  withPassword(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ?`, password);

async function passwordSteps(address: ServerAddress, account: string, user: MysqlUser): Promise<readonly Step[]> {
  if (await letsIn(address, user)) return [];
  return [withPassword(`ALTER USER ${account} IDENTIFIED BY ? RETAIN CURRENT PASSWORD`, user.password)];
}

function withPassword(sql: string, password: string): Step {
  return { statement: sqlText(sql, [password]), told: sqlText(sql, [hidden]) };
}

function granting(account: string, pattern: string): Step {
  const statement = `GRANT ${rights.join(', ')} ON ${pattern} TO ${account}`;
  return { statement, told: statement };
}

function refuseLongName(name: string): void {
  if (name.length <= maxNameCharacters) return;
  throw new MigrationError(
    `${name} is longer than the ${maxNameCharacters} characters of a user: shorten MYSQL_DATABASE_PREFIX.`,
  );
}

/** In a grant `_` stands for any character, unless the server revokes in parts: then every name is meant as it is written. */
async function patternOf(session: Session, database: string): Promise<string> {
  const [rows = []] = await session.read(['SELECT @@partial_revokes AS isLiteral']);
  return `\`${rows[0]?.['isLiteral'] === 1 ? database : database.replaceAll('_', String.raw`\_`)}\`.*`;
}

/** A line of SHOW GRANTS. */
type Grant = { readonly on: string | undefined; readonly rights: readonly string[]; readonly line: string };

/**
 * What a user may do; `undefined` for one that is not there. Whoever may not ask gets all statements told, to hand them to
 * somebody who may.
 */
async function grantsOf(
  session: Session,
  account: string,
  { address, dryRun }: { readonly address: MysqlAddress; readonly dryRun: boolean },
): Promise<readonly Grant[] | undefined> {
  try {
    const [rows = []] = await session.read([`SHOW GRANTS FOR ${account}`]);
    return rows
      .map((row) => String(Object.values(row)[0]))
      .filter((line) => !line.startsWith('GRANT USAGE ON *.* TO '))
      .map((line) => {
        const [, list = '', on] = /^GRANT (.+) ON (\S+) TO \S+$/.exec(line) ?? [];
        return { on, rights: list.split(', '), line };
      });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === unknownUser || (dryRun && notAllowed.has(errno))) return undefined;
    throw translated(address, error);
  }
}

function refuseMore(name: string, held: readonly Grant[], pattern: string): void {
  const known: readonly string[] = rights;
  const more = held.find((grant) => grant.on !== pattern || grant.rights.some((right) => !known.includes(right)));
  if (more === undefined) return;
  throw new MigrationError(
    `${name} may do more than it needs (${more.line}): revoke that, or drop the user and run this again.`,
  );
}

/** Of rights on the one database. */
function isGranted(held: readonly Grant[]): boolean {
  return rights.every((right) => held.some((grant) => grant.rights.includes(right)));
}

/** @throws MigrationError when the server keeps the user out for another reason than the password */
async function letsIn({ url, ca, clock }: ServerAddress, { name, password }: MysqlUser): Promise<boolean> {
  const address = inDatabase({ url, username: () => name, password: () => password, ca }, '');
  try {
    (await openSession({ address, settings: [], clock, timeoutMs: loginTimeoutMs })).destroy();
    return true;
  } catch (error) {
    if (errnoOf(error) === accessDenied) return false;
    throw new MigrationError(`MySQL does not let ${name} in: ${(error as Error).message}`, error);
  }
}

async function applyAll(
  session: Session,
  steps: readonly Step[],
  { address, undo }: { readonly address: MysqlAddress; readonly undo: string | undefined },
): Promise<void> {
  try {
    for (const { statement } of steps) await session.write([statement]);
  } catch (error) {
    // One that was made and got no rights is of no use to anybody.
    if (undo !== undefined) await session.write([undo]).catch(() => {});
    throw translated(address, error);
  }
}

function translated({ url, username }: MysqlAddress, error: unknown): MigrationError {
  const asking = () => username?.() ?? (decodeURIComponent(new URL(url).username) || 'the anonymous user');
  return notAllowed.has(errnoOf(error))
    ? new MayNotMakeUsersError(asking(), error)
    : new MigrationError(`a user could not be made: ${(error as Error).message}`, error);
}

/** Also of an error that ended the connection. */
function errnoOf(error: unknown): number | undefined {
  const { cause } = error as { readonly cause?: { readonly errno?: number } };
  return cause?.errno;
}
