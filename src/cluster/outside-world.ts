/** The real world around a simulated cluster. What serving takes is loaded when it is asked for. */
import {
  formatKubeconfig,
  emptyKubeconfig,
  withAccess,
  withCurrentContext,
} from "#client/kubeconfig.ts";
import { systemClock } from "#host/clock.ts";
import { systemDisk } from "#host/disk.ts";
import { httpClient } from "#host/http-client.ts";
import { systemRandom } from "#host/random.ts";
import type { OutsideWorld, Served, Serving } from "#sim/outside-world.ts";

const address = "127.0.0.1";

export function outsideWorld(): OutsideWorld {
  const http = httpClient();
  const textAt = async (url: string): Promise<string> => {
    const { status, body } = await http.call({ method: "GET", url });
    const text = Buffer.concat(await Array.fromAsync(body)).toString();
    if (status >= 300) throw new Error(`${url}: the server answered ${status}`);
    return text;
  };
  return {
    http,
    clock: systemClock,
    random: systemRandom,
    serve,
    read: (where) => {
      const place = String(where);
      if (/^https?:/.test(place)) return textAt(place);
      return fileText(place.startsWith("file:") ? decodeURI(new URL(place).pathname) : place);
    },
  };
}

async function fileText(path: string): Promise<string> {
  const bytes = await systemDisk.read(path);
  if (!bytes) throw new Error(`there is no file ${path}`);
  return new TextDecoder().decode(bytes);
}

async function serve({ handler, token, port = 0, authority }: Serving): Promise<Served> {
  const [{ serveHttp }, { makeAuthority, serverIdentity }] = await Promise.all([
    import("#host/http-server.ts"),
    import("./pki.ts"),
  ]);
  const nowMs = systemClock.now();
  const ca = authority ?? (await makeAuthority("k8ts-ephemeral", nowMs));
  const identity = await serverIdentity(ca, ["localhost", address], nowMs);
  const tls = { identity: () => identity, clientCas: () => ca.certificate };
  const server = await serveHttp({ address, port, tls, handler });
  const url = `https://${address}:${server.port}`;
  return {
    url,
    kubeconfig: formatKubeconfig(kubeconfigOf({ url, token, ca: ca.certificate })),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface Access {
  readonly url: string;
  readonly token: string;
  readonly ca: string;
}

function kubeconfigOf({ url, token, ca }: Access) {
  const name = "k8ts-ephemeral";
  const cluster = {
    server: url,
    "certificate-authority-data": Buffer.from(ca).toString("base64"),
  };
  return withCurrentContext(withAccess(emptyKubeconfig, { name, cluster, user: { token } }), name);
}
