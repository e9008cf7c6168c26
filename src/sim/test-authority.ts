/**
 * Who signs the certificates of clusters within a test, for as long as any clock goes: always the same
 * one, so that it costs nothing and every run is alike. Its key is no secret: whoever serves a cluster
 * to others than the test itself gives it an authority of its own.
 */
import type { Authority } from "#controllers/certificates/signer.ts";

const pem = (label: string, ...lines: readonly string[]): string =>
  [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");

export const testAuthority: Authority = {
  certificate: pem(
    "CERTIFICATE",
    "MIIBXTCCAQOgAwIBAgIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwprdWJlcm5l",
    "dGVzMCAXDTcwMDEwMTAwMDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAVMRMwEQYDVQQD",
    "EwprdWJlcm5ldGVzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3WKjhjOHisHR",
    "BQdisXf0tDMFpToX4ANYsdhnU2Xxyy/hAH5YLR5xyRFnifoNsVE6eNBEbcXrj1Ud",
    "clusxTBxmqNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAYYwHQYD",
    "VR0OBBYEFHDzDkG/jeSREoi47eQ4ld7Pa/ILMAoGCCqGSM49BAMCA0gAMEUCIQDX",
    "ZD4HzE81h6Eua3BNSTzNsk5ETr/b1IjTJuYVIIbwywIgByrS03wTW7R21I8J4zmW",
    "Ysoeu7ZZO6P2oRHciGDfEL8=",
  ),
  key: pem(
    "PRIVATE KEY",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRHyy2rm9x8locygE",
    "DKIg34RTAOWhF0U22V7zl0DV8uqhRANCAATdYqOGM4eKwdEFB2Kxd/S0MwWlOhfg",
    "A1ix2GdTZfHLL+EAflgtHnHJEWeJ+g2xUTp40ERtxeuPVR1yW6zFMHGa",
  ),
};
