/** How drivers of devices are spoken to. upstream: k8s.io/kubelet/pkg/apis/dra/v1 */
import type { Method } from "../runtimes/grpc-channel.ts";

const messages = `
message Claim { string namespace = 1; string uid = 2; string name = 3; }
message Device { repeated string request_names = 1; string pool_name = 2; string device_name = 3; repeated string cdi_device_ids = 4; }
message NodePrepareResourcesRequest { repeated Claim claims = 1; }
message NodePrepareResourceResponse { repeated Device devices = 1; string error = 2; }
message NodePrepareResourcesResponse { map<string, NodePrepareResourceResponse> claims = 1; }
message NodeUnprepareResourcesRequest { repeated Claim claims = 1; }
message NodeUnprepareResourceResponse { string error = 1; }
message NodeUnprepareResourcesResponse { map<string, NodeUnprepareResourceResponse> claims = 1; }
`;

/** The versions differ in nothing but their names. */
const scopes = {
  "v1.DRAPlugin": "k8s.io.kubelet.pkg.apis.dra.v1",
  "v1beta1.DRAPlugin": "k8s.io.kubelet.pkg.apis.dra.v1beta1",
} as const;

export type DraService = keyof typeof scopes;

export interface PreparedDevice {
  /** Of the claim; none stands for all. */
  readonly requestNames: readonly string[];
  readonly poolName: string;
  readonly deviceName: string;
  readonly cdiDeviceIds: readonly string[];
}

export interface Prepared {
  readonly claims: {
    readonly [uid: string]: { readonly devices: readonly PreparedDevice[]; readonly error: string };
  };
}

export interface Unprepared {
  readonly claims: { readonly [uid: string]: { readonly error: string } };
}

export interface DraProtocol {
  readonly proto: string;
  readonly prepare: Method<Prepared>;
  readonly unprepare: Method<Unprepared>;
}

export function draProtocol(service: DraService): DraProtocol {
  const scope = scopes[service];
  const method = <T>(name: string): Method<T> => ({
    path: `/${scope}.DRAPlugin/${name}`,
    request: `${name}Request`,
    response: `${name}Response`,
  });
  return {
    proto: `syntax = "proto3";\npackage ${scope};\n${messages}`,
    prepare: method("NodePrepareResources"),
    unprepare: method("NodeUnprepareResources"),
  };
}
