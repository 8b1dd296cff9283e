# SPDX-License-Identifier: BSD-3-Clause
# Fetches Debian packages; must never add an architecture to the machine's own dpkg, and
# never name a package host: sources come from the machine's own configuration.
# Sourced by scripts/setup and scripts/lib/rootfs.sh (bash).
# shellcheck shell=bash disable=SC2016,SC2034

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$1' needs root; remedy: run scripts/setup once as root"
	fi
}

APT_Q=(-qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)

# Run a command whose output matters only when it fails.
quietly() {
	local log rc=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 || rc=$?
	[ $rc = 0 ] || { tail -n 25 "$log" >&2; }
	rm -f "$log"
	return $rc
}

# apt names its archives only once it has read their lists, which a new machine has not.
machine_lists() {
	[ -z "$(apt-get indextargets 'Created-By: Packages' 2>/dev/null)" ] || return 0
	say "reading this machine's package lists"
	quietly as_root apt-get "${APT_Q[@]}" update || die "apt-get update failed; remedy: check the network and apt's sources"
}

# Lines 'URI RELEASE COMPONENT' of the Debian 12 archives this machine uses. Needs: machine_lists.
debian_sources() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | { grep -E ' bookworm(-[a-z]+)? main$' || :; } | sort -u
}

# URI of the main archive, which also carries bookworm-backports.
debian_main_uri() {
	debian_sources | awk '$2 == "bookworm" { print $1; exit }'
}

# One apt configuration of our own, for arm64 and amd64, under $GZ_CACHE/apt.
foreign_apt_conf() {
	local d=$GZ_CACHE/apt key=/usr/share/keyrings/debian-archive-keyring.gpg uri suite
	local opt="arch=amd64,arm64 signed-by=$key"

	[ -e "$key" ] || die "no $key; remedy: apt-get install debian-archive-keyring"
	machine_lists
	uri=$(debian_main_uri)
	[ -n "$uri" ] || die "no bookworm entry among apt's sources; remedy: this needs Debian 12 with a working apt"
	mkdir -p "$d/lists/partial" "$d/archives/partial" "$d/etc/preferences.d" "$d/parts" "$d/root"
	: >"$d/status"
	{
		echo "deb [$opt] $uri bookworm main"
		debian_sources | while read -r uri suite _; do
			[ "$suite" = bookworm ] || echo "deb [$opt] $uri $suite main"
		done
	} | sort -u >"$d/sources.list"
	cat >"$d/apt.conf" <<-C
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; "arm64"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "$d/parts";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "$d/etc/preferences.d";
		Dir::State::Lists "$d/lists";
		Dir::State::status "$d/status";
		Dir::Cache "$d";
		Dir::Cache::archives "$d/archives";
	C
}

# Refresh our own lists, at most once in a run of the script.
foreign_update() {
	[ -z "${FOREIGN_UPDATED:-}" ] || return 0
	foreign_apt_conf
	say "reading Debian's package lists for arm64"
	APT_CONFIG=$GZ_CACHE/apt/apt.conf quietly apt-get -qq update ||
		die "apt-get update failed for arm64; remedy: check the network and apt's sources"
	FOREIGN_UPDATED=1
}

# A configuration that knows one suite only, so that nothing else is ever taken from it; prints its path.
suite_conf() {
	local d=$GZ_CACHE/apt conf=$GZ_CACHE/apt/$1.conf

	mkdir -p "$d/$1.lists/partial"
	echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_main_uri) $1 main" >"$d/$1.list"
	sed -e "s#^Dir::Etc::SourceList .*#Dir::Etc::SourceList \"$d/$1.list\";#" \
		-e "s#^Dir::State::Lists .*#Dir::State::Lists \"$d/$1.lists\";#" "$d/apt.conf" >"$conf"
	APT_CONFIG=$conf quietly apt-get -qq update || die "no package lists of $1; remedy: check the network"
	echo "$conf"
}

# The one package that a meta package stands for: meta_of NAME PATTERN.
meta_of() {
	APT_CONFIG=$GZ_CACHE/apt/apt.conf apt-cache depends "$1:arm64" 2>/dev/null |
		sed -n 's/^ *Depends: //p' | sed 's/:.*//' | grep -E "$2" | head -n1
}

# unpack_debs DIR PKG...: download each and unpack it into DIR. FOREIGN_CONF: another apt configuration.
unpack_debs() {
	local dir=$1 tmp
	shift
	tmp=$(mktemp -d "$GZ_CACHE/apt/dl.XXXXXX")
	( cd "$tmp" && APT_CONFIG=${FOREIGN_CONF:-$GZ_CACHE/apt/apt.conf} quietly apt-get -qq download "$@" ) || {
		rm -rf "$tmp"
		die "cannot download $*; remedy: check the network, then run scripts/setup again"
	}
	mkdir -p "$dir"
	for deb in "$tmp"/*.deb; do
		dpkg -x "$deb" "$dir"
	done
	rm -rf "$tmp"
}
