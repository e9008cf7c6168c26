#!/bin/sh
# Makes the machine ready for all tests: what `k8ts up` needs, and busybox, which the kubelet's own
# tests run in containers.
set -eu
./k8ts prepare
command -v busybox >/dev/null && exit 0
command="apt-get install -y --no-install-recommends busybox-static"
echo "Missing: busybox. Running: $command"
export DEBIAN_FRONTEND=noninteractive
$command >/dev/null 2>&1 || { apt-get update >/dev/null && $command >/dev/null; }
