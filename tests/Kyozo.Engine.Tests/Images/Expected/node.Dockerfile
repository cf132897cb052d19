# Made by Kyozo for a Node.js service. In the build context the service's folder is app/.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY .kyozo/ca-certificates.crt /kyozo/ca-certificates.crt
ARG NODE_EXTRA_CA_CERTS=/kyozo/ca-certificates.crt
COPY app/package.json app/package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY app/ ./

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOME=/tmp PORT=3000
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 3000
CMD ["node", "server.js"]
