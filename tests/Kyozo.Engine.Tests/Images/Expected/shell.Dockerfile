# Made by Kyozo for a shell script. In the build context the service's folder is app/.
FROM debian:bookworm-slim
ENV HOME=/tmp
COPY --chown=1000:1000 app/ /app/
WORKDIR /app
USER 1000:1000
CMD ["sh", "start.sh"]
