// Everything in one program: what the services were before they were services.
import { createServer } from "node:http";
import { authRoutes, helloRoutes } from "../shared/routes.mjs";
import { serve } from "../shared/server.mjs";

const routes = { ...authRoutes, ...helloRoutes };
serve(createServer(), { port: Number(process.env.PORT ?? 80), routes });
