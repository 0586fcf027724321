# The same steps as scripts/setup and scripts/build, then the binary and its shared libraries alone.
FROM debian:bookworm AS build
WORKDIR /src
COPY scripts/setup scripts/setup
RUN scripts/setup
COPY . .
RUN scripts/build wick

FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      librocksdb7.8 libsimdjson14 libabsl20220623 libfmt9 libspdlog1.10 libprometheus-cpp-core1.0 \
      libtomlplusplus3 zlib1g libssl3 librdkafka1 ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin wick \
 && install -d -o wick -g wick /var/lib/wick /var/backups/wick
COPY --from=build /src/build/wick /usr/local/bin/wick
COPY config/wick.toml /etc/wick/wick.toml
USER 10001
VOLUME ["/var/lib/wick", "/var/backups/wick"]
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD curl -fsS -o /dev/null http://127.0.0.1:8080/readyz
ENTRYPOINT ["wick"]
# Refuses to start as it is: on every address it wants TLS and tokens, or server.insecure = true from whoever publishes
# the ports on loopback alone, as docker-compose.yml does.
CMD ["serve", "--config", "/etc/wick/wick.toml", "--set", "storage.directory=/var/lib/wick", \
     "--set", "server.http=0.0.0.0:8080", "--set", "server.binary=0.0.0.0:8081"]
