/**
 * A real OpenID Connect provider for tests: `oidc-provider`, which the OpenID Foundation has certified, with accounts
 * that need no password. What it is told stands in `PROVIDER`, as JSON: `{port, keyId, clients, conform}`.
 *
 * Each account is called by its login: `ada` is "Ada of the school", in the group `school`, `eve` in none. Without
 * `conform` the ID token holds the name, with it the userinfo does alone (Core 1.0 §5.4).
 */

import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const { port, keyId, clients, conform = false } = JSON.parse(process.env.PROVIDER);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const claimsOf = (login) => ({
  sub: login,
  name: `${login[0].toUpperCase()}${login.slice(1)} of the school`,
  preferred_username: login,
  groups: login === 'eve' ? [] : ['everybody', 'school'],
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['a key of the tests'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  conformIdTokenClaims: conform,
  findAccount: (_, login) => ({ accountId: login, claims: () => claimsOf(login) }),
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  pkce: { required: () => true },
  // Nobody is asked whether Party may know their name.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
});

const FORM = `<!doctype html><title>The school's sign-in</title><h1>Who are you?</h1>
<form method="get" action="done"><input name="login" aria-label="Login"><button>Sign in</button></form>
<a href="denied">Deny</a>`;

provider.use(async (ctx, next) => {
  if (ctx.path === '/favicon.ico') {
    ctx.status = 204;
    return undefined;
  }
  const [, uid, deed] = /^\/interaction\/([\w-]+)\/?(\w*)$/.exec(ctx.path) ?? [];
  if (!uid) return next();
  if (!deed) {
    if (!ctx.path.endsWith('/')) return ctx.redirect(`${ctx.path}/`);
    ctx.type = 'html';
    ctx.body = FORM;
    return undefined;
  }
  const result = deed === 'done' ? { login: { accountId: ctx.query.login } } : { error: 'access_denied' };
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
});

provider.listen(port, '127.0.0.1', () => console.log('ready'));
