/** Settings of how people get in. For settings.ts alone, which reads the environment. */

/** An OpenID provider whose people may sign in here. */
export interface ProviderSettings {
  /** As it calls itself: `https://login.bank.example/realms/bank`. */
  issuer: string;
  clientId: string;
  /** File with the client's secret. */
  secretFile: string;
  /** What people call it. */
  name: string;
  /** Values of `acr` that mean that a second factor was shown there. */
  factorAcr: readonly string[];
}

/** @throws Error in the words of the manual. */
export function providerSettings(environment: NodeJS.ProcessEnv): { provider?: ProviderSettings } {
  const issuer = environment.GANTRY_OIDC_ISSUER ?? '';
  if (issuer === '') return {};
  if (!/^https?:\/\/./.test(issuer) || !URL.canParse(issuer)) {
    throw new Error('GANTRY_OIDC_ISSUER must be an address: https://login.bank.example/realms/bank');
  }
  const needed = (name: string): string => {
    const value = environment[name] ?? '';
    if (value === '') throw new Error(`${name} is needed with GANTRY_OIDC_ISSUER: see docs/sign-in.md`);
    return value;
  };
  return {
    provider: {
      issuer,
      clientId: needed('GANTRY_OIDC_CLIENT_ID'),
      secretFile: needed('GANTRY_OIDC_CLIENT_SECRET_FILE'),
      name: environment.GANTRY_OIDC_NAME || new URL(issuer).host,
      factorAcr: (environment.GANTRY_OIDC_FACTOR_ACR ?? '').split(',').flatMap((word) => word.trim() || []),
    },
  };
}
