/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/cp/cp.go */
import { Pod } from "#api/core/pod.ts";
import { type Call, defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { openSession, type Session } from "../session.ts";
import { chooseContainer } from "../stream/containers.ts";
import { type Copy, copyFromPod, copyToPod } from "../stream/copy.ts";
import { refuseCompleted } from "../stream/exec.ts";
import { type FileSpec, parseFileSpec } from "../stream/file-spec.ts";
import { untilInterrupted } from "../stream/interrupt.ts";

const flags = {
  container: flag.text("the container; the pod's default unless said", {
    short: "c",
    value: "NAME",
    fallback: "",
  }),
  "no-preserve": flag.switch("leave owners and permissions to the container"),
} as const;

export const cp = defineCommand({
  name: "cp",
  usage: "SOURCE TARGET",
  summary: "Copy files and folders to and from containers",
  details:
    "One of the two is [NAMESPACE/]POD:PATH. There must be a tar in the container. Links are not copied out of it.",
  examples: ["k8ts cp ./site web:/srv/www", "k8ts cp dev/web:/var/log/app.log app.log -c app"],
  group: "debug",
  flags,

  async run(shell, call) {
    const { source, target } = specsOf(call);
    const session = await openSession(shell, call);
    const isUpload = target.pod !== undefined;
    const [there, here] = isUpload ? [target, source] : [source, target];
    const copy = await copyOf(session, { there, here, container: call.flags.container });
    const [program = ""] = call.path.split(" ");
    await untilInterrupted(
      shell,
      isUpload
        ? copyToPod(session, { ...copy, preservesNothing: call.flags["no-preserve"] })
        : copyFromPod(session, { ...copy, program }),
    );
  },
});

// exact: kubectl, the messages
function specsOf({ args }: Call<typeof flags>): {
  readonly source: FileSpec;
  readonly target: FileSpec;
} {
  const [first, second, ...more] = args;
  if (first === undefined || second === undefined || more.length > 0)
    throw new Error("source and destination are required");
  const [source, target] = [parseFileSpec(first), parseFileSpec(second)];
  if (source.pod !== undefined && target.pod !== undefined)
    throw new Error("one of src or dest must be a local file specification");
  if (source.path === "" || target.path === "") throw new Error("filepath can not be empty");
  if (source.pod === undefined && target.pod === undefined)
    throw new Error("one of src or dest must be a remote file specification");
  return { source, target };
}

interface Ends {
  readonly there: FileSpec;
  readonly here: FileSpec;
  readonly container: string;
}

async function copyOf(session: Session, { there, here, container }: Ends): Promise<Copy> {
  const { client, shell } = session;
  const namespace = there.namespace ?? session.namespace;
  const at = { namespace, name: there.pod ?? "" };
  const pod = await client.get(Pod, at, { signal: shell.signal });
  refuseCompleted(pod, "exec into");
  const { name } = chooseContainer(pod, container, shell.errors.write);
  return { pod, container: name, remote: there.path, local: here.path };
}
