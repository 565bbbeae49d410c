#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/checkconfig: an option that did not survive is named.
. "$(dirname "$0")/tap.sh"

printf 'CONFIG_KVM=y\nCONFIG_NR_CPUS=8\n# CONFIG_FS_DAX is not set\n' >"$tmp/config"
printf '# comment\nCONFIG_KVM=y\n' >"$tmp/there.config"
printf 'CONFIG_FS_DAX=y\n' >"$tmp/off.config"
printf 'CONFIG_KVM=y\nCONFIG_NR_CPUS=64\nCONFIG_GONE=y\n' >"$tmp/gone.config"

check=$TOP/scripts/checkconfig
ok 'all survived' "$check" "$tmp/config" "$tmp/there.config"
fails 'an option whose dependency is off' 'CONFIG_FS_DAX=y' "$check" "$tmp/config" "$tmp/there.config" "$tmp/off.config"
fails 'another value, and an option that is gone' 'CONFIG_NR_CPUS=64 CONFIG_GONE=y' "$check" "$tmp/config" "$tmp/gone.config"
fails 'no .config' 'final' "$check" "$tmp/none" "$tmp/there.config"
done_testing
