# Made by Kyozo for a Node.js service. In the build context the service's folder is app/.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY app/package.json ./
RUN npm install --no-audit --no-fund
COPY app/ ./
ARG GCP_BUILDPACKS=1
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOME=/tmp PORT=3000
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 3000
CMD ["node", "build"]
