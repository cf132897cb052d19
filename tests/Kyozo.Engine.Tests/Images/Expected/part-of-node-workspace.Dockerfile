# Made by Kyozo for a Node.js service. In the build context app/ is what it needs of its monorepo.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY app/ ./
RUN npm install --no-audit --no-fund
RUN cd "/app/packages/codes" && npm run build
RUN cd "/app/packages/money" && npm run build
WORKDIR /app/apps/web
RUN npm run build

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOME=/tmp PORT=8080
COPY --from=build --chown=1000:1000 /app /app
WORKDIR /app/apps/web
USER 1000:1000
EXPOSE 8080
CMD ["npm", "start"]
