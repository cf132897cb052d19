# Made by Kyozo for a Bun service. In the build context the service's folder is app/.
FROM oven/bun:1.2-slim AS build
WORKDIR /app
COPY app/package.json app/bun.lock ./
RUN bun install --frozen-lockfile
COPY app/ ./

FROM oven/bun:1.2-slim
ENV NODE_ENV=production HOME=/tmp PORT=3000
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 3000
CMD ["bun", "run", "start"]
