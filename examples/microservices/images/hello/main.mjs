// Says hello; /secure only to those with a token from `auth`.
import { createServer } from "node:http";
import { helloRoutes } from "../shared/routes.mjs";
import { serve } from "../shared/server.mjs";

serve(createServer(), { port: Number(process.env.PORT ?? 80), routes: helloRoutes });
