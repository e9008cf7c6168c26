/** Where others learn how to verify our tokens; for `ApiServerOptions.endpoints`. */
import type { Endpoint } from "../endpoints/serve.ts";
import { bytesAnswer, jsonAnswer } from "../responses.ts";
import type { TokenIssuer } from "./authenticator.ts";
import { openIdConfiguration } from "./token-issuer.ts";

export const openIdEndpoints = (tokens: TokenIssuer): readonly Endpoint[] => [
  {
    path: "/.well-known/openid-configuration",
    serve: () => jsonAnswer(openIdConfiguration(tokens)),
  },
  {
    path: "/openid/v1/jwks",
    serve: () =>
      bytesAnswer(Buffer.from(JSON.stringify(tokens.jwks())), "application/jwk-set+json"),
  },
];
