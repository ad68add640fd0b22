import { choiceVariable, textVariable, urlVariable } from './config-variables.ts';
import type { VariableRule } from './config.ts';

/** Whose tokens prove who somebody is. */
export type TokenTrust = {
  readonly issuer: string;
  /** What a token has to be meant for. */
  readonly audience: string;
  readonly jwksUrl: string;
};

/** Whether callers are asked who they are. `off`: everybody may do everything. */
export type AuthConfig = { readonly kind: 'off' } | ({ readonly kind: 'jwt' } & TokenTrust);

export type AuthVariables = {
  readonly AUTH: 'jwt' | 'off';
  readonly JWT_ISSUER: string | undefined;
  readonly JWT_AUDIENCE: string | undefined;
  readonly JWT_JWKS_URL: string | undefined;
};

export type AuthDefaults = {
  /** Without it, the operator has to say that nobody is asked who they are. */
  readonly auth?: 'off';
  /** Whether there is an issuer to trust when none is named. One that is named is named whole. */
  readonly hasIssuer?: boolean;
};

const trustVariables = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL'] as const;
const expectedAuth = 'jwt, or off (everybody may do everything, so it has to be said)';

/** The environment variables that say who is trusted, for the schema that `loadConfig` takes. */
export function authVariables({ auth, hasIssuer = false }: AuthDefaults) {
  const needed =
    (variable: (typeof trustVariables)[number], what: string): VariableRule =>
    (given) => {
      if (given['AUTH'] !== 'jwt' || given[variable] !== undefined) return undefined;
      const isNamed = trustVariables.some((name) => given[name] !== undefined);
      if (hasIssuer && !isNamed) return undefined;
      return `${what}, because ${isNamed && hasIssuer ? 'an issuer is named' : 'AUTH is jwt'}`;
    };
  return {
    AUTH: choiceVariable(['jwt', 'off'], { expected: expectedAuth, ...(auth !== undefined && { default: auth }) }),
    JWT_ISSUER: textVariable({ default: undefined, rule: needed('JWT_ISSUER', 'who issues the tokens') }),
    JWT_AUDIENCE: textVariable({ default: undefined, rule: needed('JWT_AUDIENCE', 'what tokens must be meant for') }),
    JWT_JWKS_URL: urlVariable({ default: undefined, rule: needed('JWT_JWKS_URL', 'where the issuer’s keys are') }),
  };
}

/**
 * @param given variables that `loadConfig` has found to go together
 * @param issuer who is trusted when nobody is named
 */
export function authConfigOf(given: AuthVariables, issuer?: TokenTrust): AuthConfig {
  const { AUTH, JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL: jwksUrl } = given;
  if (AUTH === 'off') return { kind: 'off' };
  if (JWT_ISSUER !== undefined && JWT_AUDIENCE !== undefined && jwksUrl !== undefined) {
    return { kind: 'jwt', issuer: JWT_ISSUER, audience: JWT_AUDIENCE, jwksUrl };
  }
  if (issuer === undefined) throw new Error('AUTH=jwt was not checked for its issuer');
  return { kind: 'jwt', ...issuer };
}
