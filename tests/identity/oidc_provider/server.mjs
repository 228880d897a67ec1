// A real OpenID provider for the tests: the certified package oidc-provider, which logs everybody in as the person that
// the test named last. Prints its issuer as the first line and serves until standard input is closed.
//
//   POST /test/person  {"sub": ..., other claims}   who logs in from now on
//   POST /test/rotate                                sign with a new key from now on
//   POST /test/cancel                                the next log-in is cancelled by the person

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const frontend = createRequire(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(frontend.resolve("oidc-provider")).href);
const { clients, inIdToken, host } = JSON.parse(process.argv[3]);

const people = new Map();
let person;
let cancelled = false;
let provider;
let answer;

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function begin(issuer) {
  provider = new Provider(issuer, {
    clients,
    jwks: { keys: [newKey()] },
    cookies: { keys: ["for tests"] },
    pkce: { required: () => true },
    conformIdTokenClaims: !inIdToken,
    claims: {
      openid: ["sub", "hd", "tid", "oid", "TenantId", "SourcedId", "district", "user_type"],
      email: ["email", "email_verified"],
      profile: ["preferred_username", "sourced_id"],
    },
    scopes: ["openid", "email", "profile", "oneroster"],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/test/log-in/${interaction.uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => people.get(sub) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid email profile oneroster");
      await grant.save();
      return grant;
    },
  });
  answer = provider.callback();
}

async function logIn(request, response) {
  const result = cancelled ? { error: "access_denied" } : { login: { accountId: person, remember: false } };
  cancelled = false;
  await provider.interactionFinished(request, response, result);
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const server = createServer(async (request, response) => {
  if (request.url.startsWith("/test/log-in/")) return logIn(request, response);
  if (request.url === "/test/person") {
    const claims = JSON.parse(await body(request));
    person = claims.sub;
    people.set(person, claims);
    return response.end();
  }
  if (request.url === "/test/rotate") {
    begin(provider.issuer);
    return response.end();
  }
  if (request.url === "/test/cancel") {
    cancelled = true;
    return response.end();
  }
  return answer(request, response);
});

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://${host}:${server.address().port}`;
  begin(issuer);
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit());
