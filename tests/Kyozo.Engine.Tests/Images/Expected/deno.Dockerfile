# Made by Kyozo for a Deno service. In the build context the service's folder is app/.
FROM denoland/deno:debian-2.4.5 AS build
ENV DENO_DIR=/deno
WORKDIR /app
COPY app/ ./
RUN deno cache main.ts

FROM denoland/deno:debian-2.4.5
ENV DENO_DIR=/deno HOME=/tmp PORT=8000
COPY --from=build --chown=1000:1000 /deno /deno
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
USER 1000:1000
EXPOSE 8000
CMD ["deno", "run", "--allow-net", "--allow-env", "--allow-read", "--cached-only", "main.ts"]
