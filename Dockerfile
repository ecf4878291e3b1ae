# SportApp as one image; each process of an instance is one container of it (docker-compose.yml).
# BASE: Debian 12. PROGRAMS: an image that has the installed programs below /image, as the stage `build` leaves them,
# for a machine that has built them already: docker build --build-arg PROGRAMS=NAME .
ARG BASE=debian:bookworm-slim
ARG PROGRAMS=build

FROM ${BASE} AS build
WORKDIR /src
COPY tools/packages.txt tools/
RUN apt-get update \
 && apt-get install -y --no-install-recommends $(awk '$1 == "build" { print $2 }' tools/packages.txt)
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY deploy deploy
COPY tests tests
COPY src src
RUN cmake --preset release && cmake --build --preset release --target programs
# Later than the rest: a changed document compiles nothing anew.
COPY README.md README.es.md ./
COPY docs docs
RUN DESTDIR=/image cmake --install build/release --prefix /usr --strip

FROM ${PROGRAMS} AS programs

FROM ${BASE}
# The list stays, as the record of what is in the image and what for.
COPY tools/packages.txt /usr/share/sportapp/
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      $(awk '$1 == "run" || $1 == "libs" { print $2 }' /usr/share/sportapp/packages.txt) \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*
COPY --from=programs /image/ /
# A folder that is there lends its owner to the volume that is mounted over it. `data` is where every command looks
# that is given no --data.
RUN if ldd /usr/lib/sportapp/* | grep 'not found'; then echo 'add these to kind libs of tools/packages.txt'; exit 1; fi \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/sportapp --shell /usr/sbin/nologin sportapp \
 && cd /var/lib \
 && install -d -o sportapp -g sportapp -m 0700 sportapp sportapp/run sportapp/run/in-hand /run/sportapp-key /backups \
      $(sportapp run --list | sed 's,^,sportapp/,') \
 && ln -s /var/lib/sportapp /srv/data
WORKDIR /srv
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["sportapp"]
CMD ["help"]
