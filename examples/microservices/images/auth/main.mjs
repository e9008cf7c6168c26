// Hands out tokens to those who know the password.
import { createServer } from "node:http";
import { authRoutes } from "../shared/routes.mjs";
import { serve } from "../shared/server.mjs";

serve(createServer(), { port: Number(process.env.PORT ?? 80), routes: authRoutes });
