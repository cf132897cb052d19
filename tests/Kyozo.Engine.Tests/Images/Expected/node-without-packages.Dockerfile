# Made by Kyozo for a Node.js service. In the build context the service's folder is app/.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY app/ ./

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOME=/tmp
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
CMD ["node", "index.js"]
