/** What a test token says. */
export type TokenWish = { readonly subject: string; readonly scopes: readonly string[]; readonly expiresInS: number };

/** Issues tokens to whoever asks. Its key outlives the process, and so do its tokens. */
export type TokenIssuer = {
  mint(wish: TokenWish): Promise<string>;
  /** The public half of its key, as a JSON Web Key Set. */
  keySet(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
};
