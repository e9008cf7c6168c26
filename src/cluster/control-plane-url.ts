import type { Settings } from "./settings.ts";

/** Where everybody reaches the API server. Its own file: the control plane itself is heavy to load. */
export const serverUrl = ({ nodeAddress, apiPort }: Settings): string =>
  `https://${nodeAddress}:${apiPort}`;
