# Made by Kyozo for a Node.js service. In the build context the service's folder is app/.
FROM node:22-bookworm-slim AS build
WORKDIR /app
RUN npm install --global pnpm@9
COPY app/package.json app/pnpm-lock.yaml ./
RUN pnpm install --frozen-lockfile
COPY app/ ./
RUN pnpm run build
RUN pnpm prune --prod

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOME=/tmp PORT=8080
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 8080
CMD exec node dist/main.js --mode "full"
