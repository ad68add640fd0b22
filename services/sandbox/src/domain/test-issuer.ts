/**
 * How the sandbox's tokens name their issuer and whom they are meant for. Not a URL on purpose: whoever reads it in the
 * settings of a production install sees that it does not belong there.
 */
export const testTokens = { issuer: 'checkout-sandbox', audience: 'checkout' } as const;
