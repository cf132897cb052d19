# Made by Kyozo for a Node.js service. In the build context the service's folder is app/.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY app/package.json app/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY app/ ./
RUN npm run build

FROM nginx:1.28-bookworm
COPY .kyozo/nginx.conf /etc/nginx/nginx.conf
COPY --from=build /app/dist/ /srv/
USER 1000:1000
EXPOSE 8080
CMD ["nginx", "-e", "/dev/stderr", "-g", "daemon off;"]
