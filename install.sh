#!/bin/sh
# Makes a Debian or Ubuntu machine ready: sh install.sh. What is needed stands in tools/packages.txt, and nowhere else.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
os_release=${SPORTAPP_OS_RELEASE:-/etc/os-release} # tests name another

say() { printf 'install.sh: %s\n' "$*"; }
refuse() {
  printf 'install.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

show_help() {
  cat <<'HELP'
install.sh: installs the packages that SportApp needs on Debian and Ubuntu, and nothing else

It says which packages are missing and what for, then installs them with apt-get, as root or by sudo. Run again, it
finds nothing to do. No reboot is needed. Debian's own redis and nginx services are not started.

  sh install.sh                 what ./sportapp up needs: a compiler, libraries, NGINX, Redis
  sh install.sh --docker        that, and docker.io and docker-compose
  sh install.sh --docker-only   docker.io and docker-compose alone: all that docker-compose up needs
  sh install.sh --help          this

Exit status: 0 all is there, 1 something could not be installed or this system is another one, 2 wrong option.
HELP
}

# One word of the system's own description of itself.
os_word() { sed -n "s/^$1=//p" "$os_release" | tr -d "\"'" | head -n 1; }

check_system() {
  [ -r "$os_release" ] || refuse "$os_release is not there, so this is no Debian or Ubuntu. $elsewhere"
  name=$(os_word PRETTY_NAME)
  case " $(os_word ID) $(os_word ID_LIKE) " in
    *" debian "* | *" ubuntu "*) ;;
    *) refuse "${name:-this system} is neither Debian nor Ubuntu. $elsewhere" ;;
  esac
  [ "$(os_word ID) $(os_word VERSION_ID)" = "debian 12" ] || [ "$kinds" = docker ] ||
    say "SportApp is built and tested on Debian 12. This is $name: where its packages differ, --docker-only has a way."
}

# What tools/setup.sh knows, which is written for bash; every Debian and Ubuntu has that.
setup() { here=$here bash -c 'set -euo pipefail; source "$here/tools/setup.sh"; "$@"' setup "$@"; }

install_missing() {
  # shellcheck disable=SC2086  # kinds are words
  if [ -z "$(setup missing_packages $kinds)" ]; then
    say "every package is there already"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then
    say "packages are missing; going on as root, by sudo"
    exec sudo sh "$here/install.sh" "$@"
  fi
  # shellcheck disable=SC2086
  setup install_packages $kinds ||
    refuse "not everything could be installed, see above. Where $name lacks a package: sh install.sh --docker-only"
}

# It was installed as the others are, without being started.
start_docker() {
  [ ! -S /var/run/docker.sock ] || return 0
  if [ -d /run/systemd/system ] && [ "$(id -u)" -eq 0 ]; then
    say "starting Docker: systemctl start docker"
    systemctl start docker
  else
    say "Docker does not run; start it as root: service docker start"
  fi
}

say_how_to_go_on() {
  case $kinds in
    *build*) say "ready. Now: ./sportapp up" ;;
  esac
  case $kinds in
    *docker*)
      start_docker
      say "ready. Now, as root or as a member of the group docker: docker-compose up"
      ;;
  esac
}

elsewhere="The packages are listed with their purpose in tools/packages.txt; install what this system calls them, or Docker \
and docker-compose, and go on with ./sportapp up or docker-compose up."
kinds="build run"
[ $# -le 1 ] || refuse "one option at most; see: sh install.sh --help" 2
case ${1:-} in
  "") ;;
  --docker) kinds="build run docker" ;;
  --docker-only) kinds=docker ;;
  -h | --help)
    show_help
    exit 0
    ;;
  *) refuse "there is no option '$1'; see: sh install.sh --help" 2 ;;
esac
check_system
install_missing "$@"
say_how_to_go_on
