#!/bin/sh
# Runs a program of a buildah container on a read-only root file system: buildah itself cannot.
#   run_read_only.sh CONTAINER FILES TMP USER:GROUP FOLDER [NAME=VALUE...] PROGRAM [ARGUMENT...]
# FILES is mounted at /config, also read-only. TMP is yes or no: whether /tmp can be written to.
# It must run in a mount namespace of its own; its mounts end with it.
set -eu
container=$1 files=$2 tmp=$3 owner=$4 folder=$5
shift 5
root=$(buildah mount "$container")
# Container runtimes make both folders too.
mkdir -p "$root/config" "$root$folder"
mount --bind "$root" "$root"
mount --bind "$files" "$root/config"
mount -o remount,bind,ro "$root/config"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ "$tmp" = yes ]; then mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"; fi
mount -o remount,bind,ro "$root"
exec chroot --userspec="$owner" --groups= "$root" /usr/bin/env -i -C "$folder" "$@"
