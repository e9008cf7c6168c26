// The pages, shared by the services and the monolith that they came from.
import { reply } from "./server.mjs";
import { issueToken, userOf } from "./token.mjs";

const version = process.env.VERSION ?? "unknown";

export const helloRoutes = {
  "GET /": (_request, response) =>
    reply(response, 200, { message: process.env.GREETING ?? "Hello", version }),
  "GET /secure": (request, response) => {
    const user = userOf(request);
    if (!user) return reply(response, 401, { error: "authorization failed" });
    return reply(response, 200, { message: `Hello, ${user}`, version });
  },
  "GET /version": (_request, response) => reply(response, 200, { version }),
};

export const authRoutes = {
  "GET /login": (request, response) => {
    const [, basic] = /^Basic (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    const [user, password] = Buffer.from(basic ?? "", "base64")
      .toString()
      .split(":");
    if (user !== "user" || password !== "password")
      return reply(response, 401, { error: "wrong name or password" });
    return reply(response, 200, { token: issueToken(user) });
  },
  "GET /version": (_request, response) => reply(response, 200, { version }),
};
